//! The roads bench: fills a store, measures every road, prints a table, writes `report.json`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gatelodge_bench_roads::options::{Meanwhile, Options, USAGE};
use gatelodge_bench_roads::report::{self, Report};
use gatelodge_bench_roads::roads::Road;
use gatelodge_bench_roads::rounds::{check_reference, meanwhile, measure};
use gatelodge_bench_roads::seed::Failed;
use gatelodge_bench_roads::stage::Stage;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("roads: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every target that was measured is met.
fn run() -> Result<bool, Failed> {
    if std::env::args().any(|word| word == "--help") {
        println!("{USAGE}");
        return Ok(true);
    }
    let options = Options::read(std::env::args().skip(1), folder()?)?;
    std::fs::create_dir_all(&options.out)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let data = options.out.join("roads");
    let stage = runtime.block_on(Stage::set(data.clone(), options.people))?;
    drop(runtime);
    let report = bench(&stage, &options)?;
    report::print(&report);
    report::write(&report, &options.out)?;
    println!("\n{}", options.out.join("report.json").display());
    std::fs::remove_dir_all(data)?;
    Ok(report.holds())
}

fn bench(stage: &Stage, options: &Options) -> Result<Report, Failed> {
    let mut report = Report {
        check: Some(check_reference(stage, options)?),
        ..Report::default()
    };
    for road in &options.roads {
        let figures = measure(stage, *road, options)?;
        report.roads.insert(*road, figures);
    }
    if options.meanwhile == Meanwhile::Look && options.roads.contains(&Road::Password) {
        let capacities: Vec<(Road, f64)> = report
            .roads
            .iter()
            .filter(|(road, _)| **road != Road::Password && road.target().is_some())
            .filter_map(|(road, all)| Some((*road, all.first()?.rps())))
            .collect();
        let (one_ms, beside) = meanwhile(stage, &capacities, options)?;
        report.one_hash_ms = Some(one_ms);
        report.meanwhile = beside;
    }
    Ok(report)
}

/// `bench` in the target folder, which is on a disk; a temporary folder may live in memory.
fn folder() -> Result<PathBuf, Failed> {
    let mine = std::env::current_exe()?;
    let target = mine.parent().and_then(Path::parent);
    Ok(target.ok_or("this program is in no folder")?.join("bench"))
}
