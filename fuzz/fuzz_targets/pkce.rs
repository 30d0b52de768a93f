//! PKCE challenges and verifiers (RFC 7636 §4).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::pkce::hold(bytes));
