//! Refresh tokens, codes, cookies' secrets and their kin: text around bytes and a checksum.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::opaque_tokens::hold(bytes));
