//! Steps: named, timed, streaming, and the first failure ends the run.

use std::fmt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::environment::Environment;

/// Why a chore stopped, as a line for the person who ran it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The steps taken so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Runs a program as a step. Its output goes straight through; it gets no standard input.
    pub(crate) fn run(&mut self, name: &str, command: &mut Command) -> Result<(), Failure> {
        println!("==> {name}\n    {}", line(command));
        self.time(name, || {
            let status = command.stdin(Stdio::null()).status().map_err(|error| {
                Failure::new(format!("cannot start {}: {error}", line(command)))
            })?;
            if status.success() {
                Ok(())
            } else {
                Err(Failure::new(format!(
                    "step `{name}` failed ({status}): {}",
                    line(command)
                )))
            }
        })
    }

    /// Does something of our own as a step.
    pub(crate) fn check(
        &mut self,
        name: &str,
        check: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        println!("==> {name}");
        self.time(name, check)
    }

    /// Prints each step with its duration.
    pub(crate) fn summary(&self) {
        if self.done.len() < 2 {
            return;
        }
        let total: Duration = self.done.iter().map(|(_, took)| *took).sum();
        println!("==> done in {:.1} s", total.as_secs_f64());
        for (name, took) in &self.done {
            println!("    {:>7.1} s  {name}", took.as_secs_f64());
        }
    }

    fn time(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let started = now();
        let outcome = work();
        let took = started.elapsed();
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("<== {name}: {verdict} in {:.1} s", took.as_secs_f64());
        self.done.push((name.to_owned(), took));
        outcome
    }
}

/// A cargo command in the repository's root.
pub(crate) fn cargo(environment: &Environment) -> Command {
    let mut command = Command::new(&environment.cargo);
    command.current_dir(&environment.root);
    command
}

/// A command as a person would type it.
fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch for the person at the terminal; nothing depends on it"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_fails_its_step_and_is_named() {
        let mut steps = Steps::new();
        let failure = steps
            .run("lies", &mut Command::new("false"))
            .expect_err("`false` succeeded");
        assert!(failure.to_string().contains("`lies` failed"), "{failure}");
        steps
            .run("truth", &mut Command::new("true"))
            .expect("`true` failed");
    }

    #[test]
    fn a_missing_program_is_a_failure_and_not_a_panic() {
        let failure = Steps::new()
            .run("nothing", &mut Command::new("/nonexistent/program"))
            .expect_err("it started");
        assert!(failure.to_string().contains("cannot start"), "{failure}");
    }
}
