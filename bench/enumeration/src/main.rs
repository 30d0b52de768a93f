//! Whether the time of an answer tells which accounts exist.
//!
//! `cargo xtask bench enumeration [--tries N] [--tolerance MICROSECONDS]`. Starts the real binary
//! and goes down two roads (`sign_in`, `recover`) as several kinds of people in turn. Each kind's
//! times are compared with those of the unknown: by the difference of the medians with a
//! bootstrap interval, and by Mann and Whitney's test. Where work follows an answer, the request
//! after it is timed as well. The verdict is `differs` where the interval lies beyond the
//! tolerance as a whole; the exit status follows it.

mod people;
mod recover;
mod server;
mod sign_in;
mod statistics;

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;

use server::Server;
use statistics::{Comparison, Verdict, compare, median};

/// What a measurement fails with: one line for a person.
type Failed = Box<dyn Error + Send + Sync>;

const USAGE: &str = "usage: gatelodge-bench-enumeration [--tries N] [--tolerance MICROSECONDS]";

/// What was answered: a status, and the text of the page or document.
type Said = (u16, String);

/// A way to ask about somebody.
trait Road {
    /// What it is called.
    fn name(&self) -> &'static str;
    /// The kinds of people, the unknown first.
    fn kinds(&self) -> &[&'static str];
    /// What is timed of one try, such as its answer and the one after it.
    fn parts(&self) -> &[&'static str];
    /// One try as that kind: the times of its parts, in microseconds, and what was answered.
    fn attempt(&self, kind: usize) -> Result<(Vec<f64>, Said), Failed>;
}

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)).map(|options| run(&options)) {
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
        Some(Ok(true)) => ExitCode::SUCCESS,
        Some(Ok(false)) => ExitCode::FAILURE,
        Some(Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

struct Options {
    /// Tries of each kind.
    tries: usize,
    /// How much medians may differ, in microseconds.
    tolerance: f64,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            tries: 200,
            tolerance: 1_000.0,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--tries" => options.tries = words.next()?.parse().ok().filter(|it| *it >= 20)?,
                "--tolerance" => options.tolerance = words.next()?.parse().ok()?,
                _ => return None,
            }
        }
        Some(options)
    }
}

fn run(options: &Options) -> Result<bool, Failed> {
    let server = Server::start()?;
    people::make(&server)?;
    let sign_in = sign_in::PasswordGrant::of(&server);
    let recover = recover::Recover::of(&server);
    let mut fine = true;
    for road in [&sign_in as &dyn Road, &recover] {
        fine &= measure(road, options)?;
    }
    Ok(fine)
}

fn measure(road: &dyn Road, options: &Options) -> Result<bool, Failed> {
    let (kinds, parts) = (road.kinds().len(), road.parts().len());
    let mut times = vec![vec![Vec::with_capacity(options.tries); kinds]; parts];
    let mut answers = BTreeSet::new();
    // The first tries set the floor and warm everything up.
    for round in 0..options.tries + 5 {
        // Another order each time, so that no kind always follows the same one.
        for step in 0..kinds {
            let kind = (round + step * stride(round, kinds)) % kinds;
            let (took, answer) = road.attempt(kind)?;
            answers.insert(answer);
            if round >= 5 {
                for (part, took) in times.iter_mut().zip(took) {
                    part[kind].push(took);
                }
            }
        }
    }
    Ok(report(road, &times, options, &answers))
}

/// A step that goes through every kind: one that shares no divisor with their number.
fn stride(round: usize, kinds: usize) -> usize {
    let coprime =
        |step: &usize| (2..=*step).all(|by| !step.is_multiple_of(by) || !kinds.is_multiple_of(by));
    let steps: Vec<usize> = (1..kinds).filter(coprime).collect();
    steps.get(round % steps.len().max(1)).copied().unwrap_or(1)
}

fn report(
    road: &dyn Road,
    times: &[Vec<Vec<f64>>],
    options: &Options,
    answers: &BTreeSet<Said>,
) -> bool {
    let mut fine = answers.len() == 1;
    for (part, times) in road.parts().iter().zip(times) {
        println!(
            "{}, {part}: {} tries of each kind; medians may differ by {:.0} µs",
            road.name(),
            options.tries,
            options.tolerance
        );
        let reference = &times[0];
        println!("{:10} {:>10.0} µs", road.kinds()[0], median(reference));
        for (times, name) in times.iter().zip(road.kinds()).skip(1) {
            let Comparison {
                difference,
                low,
                high,
                z,
            } = compare(times, reference);
            let verdict = Verdict::of(low, high, options.tolerance);
            fine &= verdict != Verdict::Differs;
            println!(
                "{name:10} {:>10.0} µs  {difference:>+8.0} µs  [{low:+.0}, {high:+.0}]  z {z:+.2}  {}",
                median(times),
                verdict.as_str()
            );
        }
    }
    println!("{}: {} kind(s) of answer\n", road.name(), answers.len());
    fine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_comes_to_every_kind_once() {
        for kinds in [4, 5, 6] {
            for round in 0..12 {
                let seen: BTreeSet<usize> = (0..kinds)
                    .map(|step| (round + step * stride(round, kinds)) % kinds)
                    .collect();
                assert_eq!(seen.len(), kinds, "{kinds} {round}");
            }
        }
    }
}
