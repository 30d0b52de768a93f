//! Why a command ends without having done what it was asked for, and the exit status that
//! scripts see: 2 for the command line, 3 for nobody signed in, 1 for everything else.

use std::error::Error;
use std::fmt::{self, Display};

/// What a server that refuses says (RFC 9457).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// One sentence.
    pub(crate) detail: String,
    /// The field at fault, where one is.
    pub(crate) field: Option<String>,
    /// Names a failure in the server's log.
    pub(crate) incident: Option<String>,
    /// Names the request in the server's log.
    pub(crate) request_id: Option<String>,
}

/// Why a command ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The command line, or a file that it names, is wrong.
    Usage(String),
    /// Nobody is signed in, or the server no longer knows them.
    SignedOut(String),
    /// The server refused.
    Refused(Refusal),
    /// Something that should work did not.
    Failed(String),
    /// What was compared or checked is not as it should be, and how was shown.
    Differs,
    /// Some objects of several failed, each of which was told of.
    Partly,
    /// Whoever read our output has gone; there is nobody to tell.
    Closed,
}

impl Fault {
    /// Something that should work did not, and why.
    pub(crate) fn because(what: impl Display, error: &dyn Error) -> Self {
        let mut line = format!("{what}: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !line.contains(&text) {
                line.push_str(": ");
                line.push_str(&text);
            }
            source = cause.source();
        }
        Self::Failed(line)
    }

    /// The exit status.
    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Refused(_) | Self::Failed(_) | Self::Differs | Self::Partly => 1,
            Self::Usage(_) => 2,
            Self::SignedOut(_) => 3,
        }
    }

    /// Whether there is still something to say.
    pub(crate) fn is_told(&self) -> bool {
        match self {
            // Help was shown instead.
            Self::Usage(line) => line.is_empty(),
            other => matches!(other, Self::Differs | Self::Partly | Self::Closed),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(line) | Self::SignedOut(line) | Self::Failed(line) => f.write_str(line),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Differs => f.write_str("there are differences"),
            Self::Partly => f.write_str("not everything was done"),
            Self::Closed => f.write_str("the output was closed"),
        }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            // The sentence often begins with the field already.
            Some(field) if !self.detail.contains(field.as_str()) => {
                write!(f, "{field}: {}", self.detail)?;
            }
            _ => f.write_str(&self.detail)?,
        }
        write!(f, " ({})", self.status)?;
        for (name, value) in [("incident", &self.incident), ("request", &self.request_id)] {
            if let Some(value) = value {
                write!(f, "\n  {name} {value}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_exit_status() {
        let usage = Fault::Usage(String::new());
        let signed_out = Fault::SignedOut(String::new());
        let refused = Fault::Refused(Refusal::default());
        let failed = Fault::Failed(String::new());
        let all = [
            usage,
            signed_out,
            refused,
            failed,
            Fault::Differs,
            Fault::Closed,
        ];
        assert_eq!(all.each_ref().map(Fault::status), [2, 3, 1, 1, 1, 0]);
    }

    #[test]
    fn a_refusal_names_its_field_once() {
        let mut refusal = Refusal {
            status: 422,
            detail: "must be from 1 to 5".to_owned(),
            field: Some("size".to_owned()),
            ..Refusal::default()
        };
        assert_eq!(refusal.to_string(), "size: must be from 1 to 5 (422)");
        refusal.detail = "`size` must be from 1 to 5".to_owned();
        refusal.request_id = Some("abc".to_owned());
        assert_eq!(
            refusal.to_string(),
            "`size` must be from 1 to 5 (422)\n  request abc"
        );
    }
}
