//! `cargo xtask torture`: kills the server under load and checks what it promised.

use std::path::PathBuf;
use std::process::ExitCode;

use gatelodge_endurance::house::Storage;
use gatelodge_endurance::torture::{Plan, run};

const USAGE: &str = "\
Usage: torture [--kills N] [--storage sqlite|postgres|both] [--seed N] [--binary PATH]

Kills the server under a mixed load, N times on each storage (300 without --kills), and after
each start holds every answer that a client got against what the server says then.";

struct Wishes {
    kills: usize,
    storages: Vec<Storage>,
    seed: u64,
    binary: PathBuf,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let wishes = match read(&words) {
        Ok(wishes) => wishes,
        Err(complaint) => {
            eprintln!("torture: {complaint}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    for storage in wishes.storages {
        let plan = Plan {
            kills: wishes.kills,
            storage,
            seed: wishes.seed,
            binary: wishes.binary.clone(),
            residents: 8,
            talk: true,
            forget_after: None,
        };
        println!("{}: seed {}", storage.name(), plan.seed);
        match run(&plan) {
            Ok(outcome) => println!(
                "{}: {} kills, nothing lost: {} answers, {} calls cut off, {} promises held",
                storage.name(),
                outcome.rounds,
                outcome.answered,
                outcome.cut_off,
                outcome.checked
            ),
            Err(why) => {
                eprintln!("torture: {why}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn read(words: &[String]) -> Result<Wishes, String> {
    let mut wishes = Wishes {
        kills: 300,
        storages: vec![Storage::Sqlite, Storage::Postgres],
        seed: u64::from(std::process::id()),
        binary: beside("gatelodge")?,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("`{word}` wants a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("`{value}` is no number"))
        };
        match word.as_str() {
            "--kills" => wishes.kills = usize::try_from(number()?).map_err(|e| e.to_string())?,
            "--seed" => wishes.seed = number()?,
            "--binary" => wishes.binary = PathBuf::from(value),
            "--storage" if value == "both" => {}
            "--storage" => {
                let storage = Storage::parse(value);
                wishes.storages = vec![storage.ok_or(format!("there is no storage `{value}`"))?];
            }
            _ => return Err(format!("there is no option `{word}`")),
        }
    }
    Ok(wishes)
}

/// The binary of that name in the folder of this one.
fn beside(name: &str) -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(this.with_file_name(name))
}
