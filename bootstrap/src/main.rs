//! The distributed binary: the library's parts as they are.

use std::process::ExitCode;

use gatelodge_bootstrap::Gatelodge;
use mimalloc::MiMalloc;

/// A fifth of a token's cost was glibc's malloc; `docs/performance.md` has the comparison.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    Gatelodge::builder().main()
}
