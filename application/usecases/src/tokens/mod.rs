//! Tokens: how they are made, and the one place where our own access tokens are accepted.

mod accept;
mod access;
mod context;
mod id_token;
mod jws;
mod opaque;
mod refresh;
mod scopes;
mod subjects;

pub use accept::{AcceptedToken, AccessTokens, Rejected};
pub use access::{AccessTokenPlan, MintAccessToken, PreparedAccessToken};
pub(crate) use context::StoredContext;
pub use context::{decode_context, encode_context};
pub use id_token::{IdTokenPlan, hash_claim};
pub use jws::{UnverifiedJws, parse_jws};
pub use refresh::{PresentedRefreshToken, RefreshTokens};
pub use scopes::{asked_scopes, grant_scopes};
pub use subjects::Subjects;
