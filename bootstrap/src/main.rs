//! The distributed binary: the library's parts as they are.

use std::process::ExitCode;

use gatelodge_bootstrap::Gatelodge;
use tikv_jemallocator::Jemalloc;

/// Gives back what a start frees, OpenSSL's and SQLite's memory too; `docs/performance.md` has
/// the figures.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    Gatelodge::builder().main()
}
