//! Configuration: a TOML file and environment variables over the built-in defaults.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::configuration::hold(bytes));
