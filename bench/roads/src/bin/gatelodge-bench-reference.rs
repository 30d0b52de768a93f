//! The reference: see `gatelodge_bench_roads::reference`.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// The server's, so that the two differ in their work alone.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    match gatelodge_bench_roads::reference::run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the reference: {error}");
            ExitCode::FAILURE
        }
    }
}
