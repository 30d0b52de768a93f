//! Introspection (RFC 7662): a resource server asks whether a token is good.
//!
//! The caller authenticates as a confidential client, and is told about the tokens within its
//! reach. Any other token is `{"active": false}`, whatever is true of it.

mod endpoint;
mod reach;

pub use endpoint::{Introspection, IntrospectionEndpoint};
