//! Queries and forms (WHATWG URL §5.1, RFC 6749 appendix B).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::parameters::hold(bytes));
