//! The reference: see `gatelodge_bench_roads::reference`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match gatelodge_bench_roads::reference::run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the reference: {error}");
            ExitCode::FAILURE
        }
    }
}
