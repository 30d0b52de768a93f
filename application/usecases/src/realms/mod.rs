//! Realms: which one a request is for, and what it looks like from outside.

mod administer;
mod create;
mod delete;
mod issuer;
mod resolve;
mod sweep;
mod update;

pub use administer::AdministerRealms;
pub use create::NewRealm;
pub use issuer::{InvalidUrl, Issuers, ServedRealm};
pub use resolve::{Listener, resolve};
pub use sweep::SweepRealms;
pub use update::{RealmUpdate, Service};
