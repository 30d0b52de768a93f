//! Request headers that are read: `Accept-Language`, `If-Match`, `If-None-Match`,
//! `Authorization` (RFC 9110 §12.5.4, §13.1, §11.6.2).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::headers::hold(bytes));
