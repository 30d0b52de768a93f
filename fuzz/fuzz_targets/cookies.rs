//! `Cookie` headers (RFC 6265 §4.2.1).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::cookies::hold(bytes));
