//! Scopes (RFC 6749 §3.3).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::scopes::hold(bytes));
