//! How a client names and proves itself: the Basic header and the form (RFC 6749 §2.3.1).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::client_authentication::hold(bytes));
