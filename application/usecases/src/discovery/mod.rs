//! Discovery (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): what this issuer can do.
//!
//! The document is computed from the lists that do the work, so it cannot promise what is not
//! there. Its bytes are made once for each revision of a realm.

mod document;
pub mod endpoints;

pub use document::{Capabilities, Discovery, DiscoveryDocument};
