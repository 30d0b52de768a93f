//! Redirect URIs and origins (RFC 6749 §3.1.2, RFC 8252 §7.3, RFC 9700 §4.1.3).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::redirect_uris::hold(bytes));
