//! What every parser of outside input promises, whatever bytes come: a module a parser.
//!
//! The same functions serve libFuzzer, which looks for bytes that break a promise (`fuzz/`), and
//! the ordinary tests here, which replay what it found worth keeping (`fuzz/corpus`).

#![cfg(feature = "doors")]
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a broken promise is a panic: that is what libFuzzer and tests see"
)]

pub mod authorization_request;
pub mod client_authentication;
pub mod client_metadata;
#[cfg(feature = "house")]
pub mod configuration;
pub mod cookies;
pub mod forwarded;
pub mod headers;
pub mod identifiers;
pub mod jws;
pub mod names;
pub mod opaque_tokens;
pub mod parameters;
pub mod pkce;
pub mod redirect_uris;
pub mod scopes;

use arbitrary::{Arbitrary, Unstructured};

/// Reads structured input out of any bytes, as libFuzzer's own macro does; bytes that hold none
/// are passed over.
fn decode<'a, T: Arbitrary<'a>>(bytes: &'a [u8], check: impl FnOnce(T)) {
    if let Ok(input) = T::arbitrary_take_rest(Unstructured::new(bytes)) {
        check(input);
    }
}
