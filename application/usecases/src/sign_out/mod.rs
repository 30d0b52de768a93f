//! Signing out at the wish of a client (OpenID Connect RP-Initiated Logout 1.0) or of the
//! person.

mod rp_initiated;

pub use rp_initiated::{SignOut, SignOutAnswer, SignOutError, SignOutParts, SignedOut};
