//! The roads bench: what a request costs on each road of the server, held against a reference
//! that does only what the road cannot do without.
//!
//! `cargo xtask bench` runs it; `bench/README.md` says how to read what it prints.

pub mod fixture;
pub mod load;
pub mod options;
pub mod reference;
pub mod report;
pub mod roads;
pub mod rounds;
pub mod rows;
pub mod scripts;
pub mod seed;
pub mod servers;
pub mod spec;
pub mod stage;
