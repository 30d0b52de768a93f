//! The distributed binary: the library's parts as they are.

use std::process::ExitCode;

use gatelodge_bootstrap::Gatelodge;

fn main() -> ExitCode {
    Gatelodge::builder().main()
}
