//! Why a store does not open, in one line that an operator can act on.

use std::path::PathBuf;

use gatelodge_ports::StoreError;

/// A store that does not open. Its `Display` is one line; no key and no password is in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The file is no plain database, and no database key was given.
    NotADatabase(PathBuf),
    /// A database key was given, and the file does not open with it.
    WrongKey(PathBuf),
    /// A database key is not 32 bytes long.
    KeyLength(usize),
    /// Another process holds the file's write lock.
    InUse(PathBuf),
    /// The engine refuses a setting that durability rests on.
    Setting {
        /// Which one.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// Migration steps are pending and may not be run.
    MigrationsPending {
        /// How many.
        steps: usize,
    },
    /// The schema was made by a newer release, whose oldest reader is newer than this one.
    TooNew {
        /// The lowest schema version that a reader must know.
        readable_by: u32,
        /// The highest one that this binary knows.
        known: u32,
    },
    /// `gatelodge migrate-storage` copies to this database and has not come to its end.
    UnfinishedCopy,
    /// A migration step failed; it was undone.
    Migration {
        /// Its name.
        step: String,
        /// Why.
        reason: String,
    },
    /// The server cannot be reached or refuses us.
    Unreachable(String),
    /// Anything else that the engine says.
    Engine(StoreError),
}

impl core::fmt::Display for OpenError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotADatabase(path) => write!(
                f,
                "{} is not a database: it is damaged, or encrypted and no database key was given",
                path.display()
            ),
            Self::WrongKey(path) => write!(
                f,
                "{} does not open: the database key is wrong, or the file is damaged or not \
                 encrypted",
                path.display()
            ),
            Self::KeyLength(length) => {
                write!(
                    f,
                    "a database key is exactly 32 bytes long, this one has {length}"
                )
            }
            Self::InUse(path) => {
                write!(f, "another process is writing to {}", path.display())
            }
            Self::Setting {
                name,
                found,
                wanted,
            } => {
                write!(
                    f,
                    "the database has {name} = {found}, and {wanted} is needed"
                )
            }
            Self::MigrationsPending { steps } => {
                write!(
                    f,
                    "the database needs {steps} migration step(s), which were not allowed"
                )
            }
            Self::TooNew { readable_by, known } => write!(
                f,
                "the database needs a release that knows schema version {readable_by}; this one \
                 knows {known}"
            ),
            Self::UnfinishedCopy => f.write_str(
                "the database is an unfinished copy; the same `gatelodge migrate-storage` again \
                 finishes it",
            ),
            Self::Migration { step, reason } => {
                write!(f, "migration step {step} failed and was undone: {reason}")
            }
            Self::Unreachable(reason) => write!(f, "the database cannot be reached: {reason}"),
            Self::Engine(error) => match std::error::Error::source(error) {
                Some(source) => write!(f, "{error}: {source}"),
                None => write!(f, "{error}"),
            },
        }
    }
}

impl std::error::Error for OpenError {}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error)
    }
}
