//! The token endpoint (RFC 6749 §3.2): a client trades something for tokens.
//!
//! Grant types are an open list: a new one is a file in `grant_types/` and a line where the
//! house is wired. A grant type checks and changes; authenticating the client before,
//! recording refusals and signing after it are the endpoint's, written once.

mod endpoint;
mod grant_type;
pub mod grant_types;
mod issuing;
mod refusals;
mod requested;

pub use endpoint::{TokenAnswer, TokenEndpoint};
pub use grant_type::{
    Consequence, GrantRequest, GrantType, IdTokenClaims, Issued, Refusal, Refused,
};
pub use issuing::Issuing;
pub use requested::{requested_resources, requested_scopes};
