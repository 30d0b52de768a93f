//! What a check found, for people and for machines.

use serde_json::{Value, json};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// As it should be.
    Ok,
    /// It works, and will not always.
    Warn,
    /// It does not work, or is not safe.
    Fail,
}

impl Severity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What was looked at; a word that stays.
    pub(crate) check: &'static str,
    pub(crate) severity: Severity,
    /// What was seen.
    pub(crate) seen: String,
    /// How to mend it; empty where there is nothing to mend.
    pub(crate) remedy: String,
}

impl Finding {
    pub(crate) fn ok(check: &'static str, seen: impl Into<String>) -> Self {
        Self::new(check, Severity::Ok, seen, "")
    }

    pub(crate) fn warn(
        check: &'static str,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(check, Severity::Warn, seen, remedy)
    }

    pub(crate) fn fail(
        check: &'static str,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(check, Severity::Fail, seen, remedy)
    }

    fn new(
        check: &'static str,
        severity: Severity,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            check,
            severity,
            seen: seen.into(),
            remedy: remedy.into(),
        }
    }

    /// For people: a line, and one more with the remedy.
    pub(crate) fn line(&self) -> String {
        let mut line = format!(
            "{:<4}  {:<12} {}",
            self.severity.as_str(),
            self.check,
            self.seen
        );
        if !self.remedy.is_empty() {
            line.push_str("\n                   -> ");
            line.push_str(&self.remedy);
        }
        line
    }

    /// For machines.
    pub(crate) fn json(&self) -> Value {
        json!({
            "check": self.check,
            "severity": self.severity.as_str(),
            "seen": self.seen,
            "remedy": self.remedy,
        })
    }
}
