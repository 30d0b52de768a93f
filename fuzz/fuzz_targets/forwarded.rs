//! Forwarded headers, trusted networks and the host (RFC 9110 §7.2).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::forwarded::hold(bytes));
