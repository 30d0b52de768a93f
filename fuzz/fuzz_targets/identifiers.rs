//! Row ids and cursors, slugs, client ids, role names, moments, and the words of closed sets.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gatelodge_parsers::identifiers::hold(bytes));
