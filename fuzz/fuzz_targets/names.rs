//! User names, mail addresses, display names and passwords (RFC 8265, UTS #39).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::names::hold(bytes));
