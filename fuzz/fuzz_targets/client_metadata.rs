//! A client's registration as JSON, its JWK set included (RFC 7591 §2, RFC 7517 §5).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::client_metadata::hold(bytes));
