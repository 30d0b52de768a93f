//! Userinfo (OpenID Connect Core §5.3): what a client may know of the person who let it.
//!
//! Which scope stands for which claims is an open list: a new one is a file in `scope_claims/`
//! and a line where the house is wired. Discovery is computed from the same list.

mod endpoint;
pub mod scope_claims;

pub use endpoint::{UserinfoAnswer, UserinfoEndpoint};
pub use scope_claims::{Person, ScopeClaims};
