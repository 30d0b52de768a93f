//! Authorization requests of a known client (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::authorization_request::hold(bytes));
