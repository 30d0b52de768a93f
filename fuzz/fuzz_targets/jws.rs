//! Compact JWS: access tokens and `id_token_hint` before their signature is looked at
//! (RFC 7515 §5.2).
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::jws::hold(bytes));
