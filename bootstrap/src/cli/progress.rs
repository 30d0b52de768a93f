//! How far long work has come: one line at a terminal that is written over, and nothing where
//! nobody looks, so that logs of scheduled runs stay short.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use tokio::time::Instant;

const WIDTH: u64 = 24;
const EVERY: Duration = Duration::from_millis(100);

/// One piece of work, in units of any kind.
pub(crate) struct Progress {
    what: &'static str,
    total: u64,
    unit: Unit,
    started: Instant,
    shown: Option<Instant>,
    visible: bool,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Shown in MiB.
    Bytes,
    /// Shown as they are.
    Rows,
}

impl Progress {
    /// Work of about `total` units.
    pub(crate) fn new(what: &'static str, total: u64, unit: Unit) -> Self {
        Self {
            what,
            total,
            unit,
            started: Instant::now(),
            shown: None,
            visible: std::io::stderr().is_terminal(),
        }
    }

    /// So much is done in all.
    pub(crate) fn at(&mut self, done: u64) {
        let is_due = self.shown.is_none_or(|shown| shown.elapsed() >= EVERY);
        if self.visible && is_due {
            self.shown = Some(Instant::now());
            let line = line(
                self.what,
                done,
                self.total,
                self.unit,
                self.started.elapsed(),
            );
            let mut terminal = std::io::stderr();
            // Nothing is lost where it cannot be shown.
            let _ = write!(terminal, "\r{line}\x1b[K");
            let _ = terminal.flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(what: &str, done: u64, total: u64, unit: Unit, spent: Duration) -> String {
    let done = done.min(total);
    let filled = usize::try_from(done * WIDTH / total.max(1)).unwrap_or(0);
    let empty = usize::try_from(WIDTH).unwrap_or(0) - filled;
    let percent = done * 100 / total.max(1);
    let millis = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = done.saturating_mul(1_000) / millis;
    let (bar, rest) = ("#".repeat(filled), ".".repeat(empty));
    match unit {
        Unit::Bytes => {
            let mib = |bytes: u64| bytes >> 20;
            let (done, total, rate) = (mib(done), mib(total), mib(rate));
            format!("{what} [{bar}{rest}] {percent:>3} % {done} of {total} MiB, {rate} MiB/s")
        }
        Unit::Rows => {
            format!("{what} [{bar}{rest}] {percent:>3} % {done} of {total} rows, {rate} rows/s")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_and_how_fast() {
        let second = Duration::from_secs(1);
        assert_eq!(
            line("copying", 50, 100, Unit::Rows, second),
            "copying [############............]  50 % 50 of 100 rows, 50 rows/s"
        );
        assert_eq!(
            line("copying", 3 << 20, 2 << 20, Unit::Bytes, 2 * second),
            "copying [########################] 100 % 2 of 2 MiB, 1 MiB/s"
        );
        assert!(line("copying", 0, 0, Unit::Rows, Duration::ZERO).contains("  0 %"));
    }
}
