//! Why a command ends early: one clear line and an exit status.

use std::process::ExitCode;

/// A command that ends without having done what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}")]
pub struct Stop {
    status: u8,
    line: String,
}

impl Stop {
    /// The command line or the configuration is wrong: status 2.
    pub fn usage(line: impl Into<String>) -> Self {
        Self::with(2, &line.into())
    }

    /// Something that should work did not: status 1.
    pub fn failure(line: impl Into<String>) -> Self {
        Self::with(1, &line.into())
    }

    /// What was asked for is there already, and nothing was changed: status 3.
    pub fn already(line: impl Into<String>) -> Self {
        Self::with(3, &line.into())
    }

    /// It was done, but for a part that can be done again: status 4.
    pub fn half_done(line: impl Into<String>) -> Self {
        Self::with(4, &line.into())
    }

    /// A failure with everything that an error says about its causes.
    pub fn because(what: &str, error: &dyn std::error::Error) -> Self {
        Self::failure(format!("{what}: {}", chain(error)))
    }

    fn with(status: u8, line: &str) -> Self {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { status, line }
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        self.status
    }

    /// The exit status, after the line was written to standard error.
    pub fn report(&self) -> ExitCode {
        eprintln!("gatelodge: {}", self.line);
        ExitCode::from(self.status)
    }
}

/// An error and its causes on one line. A cause that the error's own text repeats is left out.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        source = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_an_error_says_it_is_one_line() {
        let stop = Stop::failure("first\n   second\tthird");
        assert_eq!(stop.to_string(), "first second third");
        assert_eq!((stop.status(), Stop::usage("x").status()), (1, 2));
    }
}
