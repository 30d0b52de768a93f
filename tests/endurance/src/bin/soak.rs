//! `cargo xtask soak`: a long life under a mixed load, and what grew.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use gatelodge_endurance::house::Storage;
use gatelodge_endurance::soak::{Plan, run};

const USAGE: &str = "\
Usage: soak [--minutes N] [--rate R] [--residents N] [--storage sqlite|postgres] [--seed N]
            [--binary PATH] [--report FILE]

A mixed load of R calls a second (150) by N clients (24) for N minutes (5). After a warm-up, a
quarter of the time and 300 answers a client, memory, descriptors, threads, write-ahead log and
rows must be flat.";

struct Wishes {
    plan: Plan,
    report: PathBuf,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Wishes { plan, report } = match read(&words) {
        Ok(wishes) => wishes,
        Err(complaint) => {
            eprintln!("soak: {complaint}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let (name, seconds) = (plan.storage.name(), plan.lasts.as_secs());
    println!("{name}: {seconds} s at {} calls a second", plan.rate);
    let found = match run(&plan) {
        Ok(found) => found,
        Err(why) => {
            eprintln!("soak: {why}");
            return ExitCode::FAILURE;
        }
    };
    println!("\n{}", found.table());
    let written = report
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&report, format!("{:#}\n", found.json(&plan))));
    if let Err(error) = written {
        eprintln!("soak: {} cannot be written: {error}", report.display());
        return ExitCode::FAILURE;
    }
    println!("written to {}", report.display());
    if found.holds() {
        println!("flat");
        ExitCode::SUCCESS
    } else {
        eprintln!("soak: not flat, or a promise was broken: see above");
        ExitCode::FAILURE
    }
}

fn read(words: &[String]) -> Result<Wishes, String> {
    let mut plan = Plan {
        lasts: Duration::from_mins(5),
        rate: 150,
        residents: 24,
        storage: Storage::Sqlite,
        seed: u64::from(std::process::id()),
        binary: beside("gatelodge")?,
        talk: true,
    };
    let mut report = PathBuf::from("target/soak/report.json");
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("`{word}` wants a value"))?;
        let number = || {
            value
                .parse::<u32>()
                .map_err(|_| format!("`{value}` is no number"))
        };
        match word.as_str() {
            "--minutes" => plan.lasts = Duration::from_mins(u64::from(number()?)),
            "--rate" => plan.rate = number()?,
            "--residents" => {
                plan.residents = usize::try_from(number()?.max(1)).map_err(|e| e.to_string())?;
            }
            "--seed" => plan.seed = u64::from(number()?),
            "--binary" => plan.binary = PathBuf::from(value),
            "--report" => report = PathBuf::from(value),
            "--storage" => {
                let storage = Storage::parse(value);
                plan.storage = storage.ok_or(format!("there is no storage `{value}`"))?;
            }
            _ => return Err(format!("there is no option `{word}`")),
        }
    }
    Ok(Wishes { plan, report })
}

/// The binary of that name in the folder of this one.
fn beside(name: &str) -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(this.with_file_name(name))
}
