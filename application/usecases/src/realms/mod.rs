//! Realms: which one a request is for, and what it looks like from outside.

mod issuer;
mod resolve;

pub use issuer::{InvalidUrl, Issuers, ServedRealm};
pub use resolve::{Listener, resolve};
