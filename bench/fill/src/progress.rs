//! Tells how far it is.

use std::io::{IsTerminal as _, Write as _};

use tokio::time::Instant;

const WIDTH: u64 = 30;

/// Hears how far a step is.
pub trait Progress: Send {
    /// `done` of `all` rows of that kind are in; `done == all` ends the step.
    fn step(&mut self, what: &'static str, done: u64, all: u64);
}

/// Says nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn step(&mut self, _what: &'static str, _done: u64, _all: u64) {}
}

/// A bar on standard error, redrawn in place on a terminal; elsewhere one line a step.
#[derive(Debug, Default)]
pub struct Terminal {
    begun: Option<(&'static str, Instant)>,
}

impl Progress for Terminal {
    fn step(&mut self, what: &'static str, done: u64, all: u64) {
        if all == 0 {
            return;
        }
        let begun = match self.begun {
            Some((of, at)) if of == what => at,
            _ => self.begun.insert((what, Instant::now())).1,
        };
        let (seconds, is_over) = (begun.elapsed().as_secs(), done >= all);
        let mut out = std::io::stderr().lock();
        // Whoever closed standard error does not want to know.
        let _ = if out.is_terminal() {
            let bar = usize::try_from(done * WIDTH / all).unwrap_or_default();
            let bar = "#".repeat(bar);
            let end = if is_over { "\n" } else { "" };
            write!(
                out,
                "\r{what:<10} [{bar:<30}] {done:>9} of {all}  {seconds} s {end}"
            )
        } else if is_over {
            writeln!(out, "{what:<10} {done:>9}  {seconds} s")
        } else {
            Ok(())
        };
        let _ = out.flush();
    }
}
