//! Everything from one engine to the other, table by table in the order of the keys.
//!
//! The target carries a step in `schema_steps` that no release reads until it is complete, so
//! nothing serves half a copy, not even the release before. What is in the target *is* the
//! progress: a table goes on after its last key. Beside it stands which source it is of, so that
//! another one, or the same one after it was used again, is not mixed in.

use core::fmt::Write as _;

use gatelodge_domain::Digest;
use gatelodge_ports::StoreError;
use sea_orm::{DbBackend, Value};

use super::end::{Cells, End, Place, digest};
use super::tables::{Kind, NUMBERED, Numbered, Table, tables};
use crate::OpenError;
use crate::schema::{Migrate, UNFINISHED};

/// Rows that are read and written at a time.
const PAGE: u64 = 1_000;

const SOURCE: &str = "SELECT value FROM copy_progress WHERE name = 'source'";

/// Why a move stopped, in one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum MoveError {
    /// One of the two databases does not open.
    Open {
        /// `source` or `target`.
        which: &'static str,
        /// Why.
        error: OpenError,
    },
    /// One of the two databases failed.
    Failed {
        /// `source` or `target`.
        which: &'static str,
        /// How.
        error: StoreError,
    },
    /// The target holds something that this move did not put there.
    NotEmpty(&'static str),
    /// The target holds part of another source, or of this one as it was before.
    OtherSource,
    /// A text holds NUL, which PostgreSQL has no place for.
    Nul {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        key: String,
    },
    /// A row is not the same on both sides.
    Differs {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
    },
    /// The source was written to meanwhile.
    SourceChanged,
}

impl core::fmt::Display for MoveError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Open { which, error } => write!(f, "the {which} does not open: {error}"),
            Self::Failed { which, error } => match std::error::Error::source(error) {
                Some(source) => write!(f, "the {which} failed: {error}: {source}"),
                None => write!(f, "the {which} failed: {error}"),
            },
            Self::NotEmpty(table) => write!(
                f,
                "the target is not empty: there are rows in `{table}` that this command did not \
                 copy; give an empty database"
            ),
            Self::OtherSource => f.write_str(
                "the target holds an unfinished copy of another source, or of this one before it \
                 was used again; begin anew with an empty database",
            ),
            Self::Nul { table, column, key } => write!(
                f,
                "`{column}` of the row {key} of `{table}` holds a NUL character, which PostgreSQL \
                 cannot store"
            ),
            Self::Differs { table, key } => write!(
                f,
                "the row {key} of `{table}` is not the same on both sides; the target is not to \
                 be used"
            ),
            Self::SourceChanged => f.write_str(
                "the source was written to while it was copied; stop whatever uses it and begin \
                 anew with an empty database",
            ),
        }
    }
}

impl std::error::Error for MoveError {}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Rows are copied.
    Copying,
    /// Rows are compared.
    Comparing,
}

/// Both ends of a move.
pub struct StorageMove {
    source: End,
    target: End,
    tables: Vec<Table>,
    fingerprint: String,
    /// Rows of the source.
    rows: u64,
    /// Rows that an earlier run had copied.
    resumed: u64,
}

impl StorageMove {
    /// Opens both, makes the target's schema, and marks it as unfinished. Neither may be in use.
    pub async fn open(from: &Place, to: &Place) -> Result<Self, MoveError> {
        let opened = from.open(Migrate::Refuse).await;
        let source = opened.map_err(|error| MoveError::Open {
            which: "source",
            error,
        })?;
        let opened = to.open(Migrate::Copying).await;
        let target = opened.map_err(|error| MoveError::Open {
            which: "target",
            error,
        })?;
        let tables = tables();
        let rows = count(&source, &tables).await.map_err(of_source)?;
        let fingerprint = fingerprint(&source).await.map_err(of_source)?;
        let mut prepared = Self {
            source,
            target,
            tables,
            fingerprint,
            rows,
            resumed: 0,
        };
        prepared.prepare().await?;
        Ok(prepared)
    }

    /// Rows to copy in all.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that an earlier run had copied.
    pub const fn resumed(&self) -> u64 {
        self.resumed
    }

    async fn prepare(&mut self) -> Result<(), MoveError> {
        let target = &self.target;
        let marked = format!("SELECT count(*) FROM schema_steps WHERE version = {UNFINISHED}");
        if target.number(&marked).await.map_err(of_target)? > Some(0) {
            let known = target.text(SOURCE).await.map_err(of_target)?;
            if known.as_deref() != Some(self.fingerprint.as_str()) {
                return Err(MoveError::OtherSource);
            }
            self.resumed = count(target, &self.tables).await.map_err(of_target)?;
            return Ok(());
        }
        for table in &self.tables {
            let last = target.last_key(table).await.map_err(of_target)?;
            if last.is_some() {
                return Err(MoveError::NotEmpty(table.name));
            }
        }
        let mark = [
            "CREATE TABLE copy_progress (name text PRIMARY KEY, value text NOT NULL)".to_owned(),
            format!(
                "INSERT INTO copy_progress (name, value) VALUES ('source', '{}')",
                self.fingerprint
            ),
            format!(
                "INSERT INTO schema_steps (version, name, readable_by, applied_at) \
                 VALUES ({UNFINISHED}, 'unfinished_copy', {UNFINISHED}, 0)"
            ),
        ];
        target.run(&mark).await.map_err(of_target)
    }

    /// Copies what is missing, then compares every row, then lets numbers go on where the
    /// source's would. `seen` hears how many rows are done.
    pub async fn run(&self, seen: &mut dyn FnMut(Stage, u64)) -> Result<(), MoveError> {
        let mut done = self.resumed;
        for table in &self.tables {
            let mut after = self.target.last_key(table).await.map_err(of_target)?;
            loop {
                let page = self.source.page(table, after.as_ref(), PAGE);
                let rows = page.await.map_err(of_source)?;
                let Some(last) = rows.last() else {
                    break;
                };
                if self.target.backend() == DbBackend::Postgres {
                    refuse_nul(table, &rows)?;
                }
                after = Some(table.key_of(last));
                self.target.insert(table, &rows).await.map_err(of_target)?;
                done += rows.len() as u64;
                seen(Stage::Copying, done);
            }
        }
        self.compare(seen).await?;
        for numbered in &NUMBERED {
            self.continue_numbers(numbered).await?;
        }
        let now = fingerprint(&self.source).await.map_err(of_source)?;
        if now != self.fingerprint {
            return Err(MoveError::SourceChanged);
        }
        Ok(())
    }

    async fn compare(&self, seen: &mut dyn FnMut(Stage, u64)) -> Result<(), MoveError> {
        let mut done = 0;
        for table in &self.tables {
            let mut after = None;
            loop {
                let ours = self.source.page(table, after.as_ref(), PAGE);
                let ours = ours.await.map_err(of_source)?;
                let theirs = self.target.page(table, after.as_ref(), PAGE);
                let theirs = theirs.await.map_err(of_target)?;
                if let Some(key) = difference(table, &ours, &theirs)? {
                    return Err(MoveError::Differs {
                        table: table.name,
                        key,
                    });
                }
                let Some(last) = ours.last() else {
                    break;
                };
                after = Some(table.key_of(last));
                done += ours.len() as u64;
                seen(Stage::Comparing, done);
            }
        }
        Ok(())
    }

    async fn continue_numbers(&self, numbered: &Numbered) -> Result<(), MoveError> {
        let highest = highest(&self.source, numbered).await.map_err(of_source)?;
        if highest == 0 {
            return Ok(());
        }
        let Numbered { table, column } = numbered;
        let statements = match &self.target {
            End::Postgres(_) => vec![format!("SELECT setval('{table}_{column}_seq', {highest})")],
            // Positions are counted on from the trail itself.
            End::Sqlite(_) if *table != "changes" => Vec::new(),
            End::Sqlite(_) => vec![
                format!("DELETE FROM sqlite_sequence WHERE name = '{table}'"),
                format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {highest})"),
            ],
        };
        self.target.run(&statements).await.map_err(of_target)
    }

    /// Lets the target be used, and closes both.
    pub async fn finish(self) -> Result<(), MoveError> {
        let clear = [
            format!("DELETE FROM schema_steps WHERE version = {UNFINISHED}"),
            "DROP TABLE copy_progress".to_owned(),
        ];
        self.target.run(&clear).await.map_err(of_target)?;
        self.target.close().await.map_err(of_target)?;
        self.source.close().await.map_err(of_source)
    }
}

fn of_source(error: StoreError) -> MoveError {
    MoveError::Failed {
        which: "source",
        error,
    }
}

fn of_target(error: StoreError) -> MoveError {
    MoveError::Failed {
        which: "target",
        error,
    }
}

async fn count(end: &End, tables: &[Table]) -> Result<u64, StoreError> {
    let mut all = 0;
    for table in tables {
        let count = format!("SELECT count(*) FROM \"{}\"", table.name);
        all += end.number(&count).await?.unwrap_or(0).cast_unsigned();
    }
    Ok(all)
}

/// What tells one source, in one state, from another.
async fn fingerprint(source: &End) -> Result<String, StoreError> {
    let mut all = Vec::new();
    for sql in [
        "SELECT value FROM system ORDER BY name",
        "SELECT mac FROM audit_seals ORDER BY number DESC LIMIT 1",
        "SELECT id FROM audit_events ORDER BY position DESC LIMIT 1",
    ] {
        for bytes in source.bytes(sql).await? {
            all.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
            all.extend_from_slice(&bytes);
        }
    }
    for numbered in &NUMBERED {
        all.extend_from_slice(&highest(source, numbered).await?.to_be_bytes());
    }
    Ok(hexadecimal(Digest::sha256(&all).as_bytes()))
}

/// The highest number that was ever given.
async fn highest(source: &End, numbered: &Numbered) -> Result<i64, StoreError> {
    let Numbered { table, column } = numbered;
    let there = format!("SELECT max({column}) FROM {table}");
    let remembered = match source {
        End::Postgres(_) => {
            format!(
                "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table}_{column}_seq"
            )
        }
        End::Sqlite(_) if *table == "changes" => {
            format!("SELECT max(seq) FROM sqlite_sequence WHERE name = '{table}'")
        }
        End::Sqlite(_) => "SELECT max(last_position) FROM audit_seals".to_owned(),
    };
    let there = source.number(&there).await?.unwrap_or(0);
    Ok(there.max(source.number(&remembered).await?.unwrap_or(0)))
}

fn refuse_nul(table: &Table, rows: &[Cells]) -> Result<(), MoveError> {
    for row in rows {
        for (column, cell) in table.columns.iter().zip(row) {
            if let Value::String(Some(text)) = cell
                && column.kind == Kind::Text
                && text.contains('\0')
            {
                return Err(MoveError::Nul {
                    table: table.name,
                    column: column.name,
                    key: shown(&table.key_of(row)),
                });
            }
        }
    }
    Ok(())
}

/// The key of the first row that is not on both sides, or not the same.
fn difference(
    table: &Table,
    ours: &[Cells],
    theirs: &[Cells],
) -> Result<Option<String>, MoveError> {
    for index in 0..ours.len().max(theirs.len()) {
        let (our, their) = (ours.get(index), theirs.get(index));
        let digests = (
            our.map(digest).transpose().map_err(of_source)?,
            their.map(digest).transpose().map_err(of_target)?,
        );
        if digests.0 != digests.1 {
            return Ok(our.or(their).map(|row| shown(&table.key_of(row))));
        }
    }
    Ok(None)
}

/// A key as an operator can look it up. Keys are ids, kinds, numbers and digests, and name nobody.
fn shown(key: &Cells) -> String {
    let cell = |cell: &Value| match cell {
        Value::String(Some(text)) => text.clone(),
        Value::BigInt(Some(number)) => number.to_string(),
        Value::Bytes(Some(bytes)) => hexadecimal(bytes),
        _ => "-".to_owned(),
    };
    key.iter().map(cell).collect::<Vec<_>>().join("/")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
