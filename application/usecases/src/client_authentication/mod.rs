//! How a client proves itself at the token, introspection and revocation endpoints
//! (RFC 6749 §2.3, OpenID Connect Core §9).
//!
//! The methods are an open list: a new one is a file here and a line where the house is wired.
//! Secrets of machines have 256 bits, so they are kept as HMAC-SHA-256 under a data key and
//! compared in constant time; a password hash would only slow honest clients down.

mod authenticator;
mod client_secret_basic;
mod client_secret_post;
mod failures;
mod method;
mod none;
mod secret;

pub use authenticator::ClientAuthenticator;
pub use client_secret_basic::ClientSecretBasic;
pub use client_secret_post::ClientSecretPost;
pub use method::{ClientAuthentication, ClientRequest, PresentedClient, Proof};
pub use none::NoAuthentication;
pub use secret::client_secret_digest;

use std::sync::Arc;

/// The methods that work today, in the order in which discovery names them.
pub fn built_in_methods() -> Vec<Arc<dyn ClientAuthentication>> {
    vec![
        Arc::new(ClientSecretBasic),
        Arc::new(ClientSecretPost),
        Arc::new(NoAuthentication),
    ]
}
