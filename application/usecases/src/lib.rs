//! What Gatelodge does: a module per slice, a file per verb.
//!
//! A use case is a struct built once from the [`foundation::Foundation`] and shared by `Arc`.
//! It reads the clock once, hands `now` down, hashes before a unit of work and signs after it.
//! A denial about a known thing is a fact that is recorded and committed, then answered; what
//! is malformed or anonymous writes nothing; only failures roll back.

pub mod admin;
pub mod apis;
pub mod audit;
pub mod authorize;
pub mod client_authentication;
pub mod clients;
pub mod codes;
pub mod consents;
pub mod discovery;
pub mod error;
pub mod figures;
pub mod foundation;
pub mod grants;
pub mod groups;
pub mod introspection;
pub mod keys;
pub mod mail;
pub mod mfa;
pub mod parameters;
pub mod passwords;
pub mod permissions;
pub mod realms;
pub mod recovery;
pub mod restore;
pub mod revocations;
pub mod rights;
pub mod roles;
pub mod scopes;
pub mod sessions;
pub mod setup;
pub mod sign_in;
pub mod sign_out;
pub mod themes;
pub mod token;
pub mod tokens;
pub mod upkeep;
pub mod userinfo;
pub mod users;

pub use error::{Denial, Error, ErrorCode, Failure};
pub use foundation::Foundation;
pub use parameters::Parameters;
