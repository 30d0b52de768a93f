//! Puts the house together: settings, wiring, commands, and the builder for binaries of
//! extenders. The only room that names every other one.

mod builder;
mod cli;
mod data_folder;
mod demo;
mod doctor;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod house;
mod jobs;
mod languages;
mod log;
mod rounds;
mod serve;
mod settings;
mod stop;
mod trail;
mod urls;
mod wire;

pub use builder::{Builder, Gatelodge};
pub use settings::reference;
pub use stop::Stop;
