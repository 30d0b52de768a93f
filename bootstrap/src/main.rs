//! The distributed binary: the library's parts as they are.

use std::process::ExitCode;

use gatelodge_bootstrap::Gatelodge;
use tikv_jemallocator::Jemalloc;

/// Gives back what a start frees. Rust's memory alone: in the place of C's allocator as well it
/// and a preloaded library that allocates while it starts (libfaketime) wait for each other.
/// `docs/performance.md` has the figures.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    Gatelodge::builder().main()
}
