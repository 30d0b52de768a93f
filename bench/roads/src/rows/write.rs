//! The reference's one writing thread: requests' rows, one transaction for each batch.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::snapshot::OWNERS;
use super::{Cell, Per, RowTemplate, Value};

/// Most requests in a transaction.
const BATCH: usize = 1_024;

/// A request's rows, to be written: which step of the road, and whom to tell.
type Job = (usize, oneshot::Sender<bool>);

/// Hands rows to the writing thread.
#[derive(Debug, Clone)]
pub struct Writer(Sender<Job>);

impl Writer {
    /// Opens the database and starts the thread, with the templates of each step.
    pub fn start(path: &Path, steps: Vec<Vec<RowTemplate>>) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000;
             PRAGMA journal_size_limit = 67108864;",
        )?;
        let mut statements = Statements::prepare(&connection, steps)?;
        let (sender, jobs) = channel();
        thread::spawn(move || {
            if let Err(error) = write(&connection, &mut statements, &jobs) {
                eprintln!("the reference cannot write: {error}");
            }
        });
        Ok(Self(sender))
    }

    /// Writes a step's rows; true when they are durable.
    pub async fn write(&self, step: usize) -> bool {
        let (told, tell) = oneshot::channel();
        if self.0.send((step, told)).is_err() {
            return false;
        }
        tell.await.unwrap_or(false)
    }
}

fn write(
    connection: &Connection,
    statements: &mut Statements,
    jobs: &Receiver<Job>,
) -> rusqlite::Result<()> {
    let mut batch: Vec<oneshot::Sender<bool>> = Vec::with_capacity(BATCH);
    while let Ok(first) = jobs.recv() {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut next = Some(first);
        while let Some((step, told)) = next {
            statements.write(connection, step)?;
            batch.push(told);
            next = if batch.len() < BATCH {
                jobs.try_recv().ok()
            } else {
                None
            };
        }
        statements.finish(connection)?;
        connection.prepare_cached("COMMIT")?.execute([])?;
        for told in batch.drain(..) {
            // Whoever is gone need not know.
            let _ = told.send(true);
        }
    }
    Ok(())
}

/// The statements of a road, and what is to be filled into them next.
#[derive(Debug)]
pub struct Statements {
    steps: Vec<Vec<Statement>>,
    last: Vec<Statement>,
    /// Which operation each step is at.
    operation: Vec<u64>,
    transaction: u64,
    ids: BTreeMap<String, Vec<Vec<u8>>>,
    running: BTreeMap<String, i64>,
    began: Instant,
}

#[derive(Debug)]
struct Statement {
    sql: String,
    table: String,
    cells: Vec<Cell>,
}

impl Statements {
    /// For the templates of each step of a road, over a database that has their tables.
    pub fn prepare(
        connection: &Connection,
        steps: Vec<Vec<RowTemplate>>,
    ) -> rusqlite::Result<Self> {
        let mut running = BTreeMap::new();
        for template in steps.iter().flatten() {
            for (column, cell) in &template.columns {
                if *cell == Cell::Running {
                    let sql = format!("SELECT coalesce(max({column}), 0) FROM {}", template.table);
                    let last = connection.query_row(&sql, [], |row| row.get(0))?;
                    running.insert(template.table.clone(), last);
                }
            }
        }
        let mut ids = BTreeMap::new();
        for owner in OWNERS {
            let mut statement =
                connection.prepare(&format!("SELECT id FROM {owner} ORDER BY id"))?;
            let found = statement.query_map([], |row| row.get(0))?;
            ids.insert(owner.to_owned(), found.collect::<Result<_, _>>()?);
        }
        let mut last: Vec<Statement> = Vec::new();
        let mut often = Vec::new();
        for step in steps {
            let mut mine = Vec::new();
            for template in step {
                let per = template.per;
                let statement = Statement::of(template);
                match per {
                    Per::Request => mine.push(statement),
                    Per::Transaction if last.iter().all(|known| known.sql != statement.sql) => {
                        last.push(statement);
                    }
                    Per::Transaction => {}
                }
            }
            often.push(mine);
        }
        Ok(Self {
            operation: vec![0; often.len()],
            steps: often,
            last,
            transaction: 0,
            ids,
            running,
            began: Instant::now(),
        })
    }

    /// Writes the next request of a step.
    pub fn write(&mut self, connection: &Connection, step: usize) -> rusqlite::Result<()> {
        let (Some(statements), Some(operation)) =
            (self.steps.get(step), self.operation.get_mut(step))
        else {
            return Ok(());
        };
        let filling = Filling {
            number: *operation,
            ids: &self.ids,
            late: late(self.began),
        };
        for statement in statements {
            filling.run(connection, statement, &mut self.running)?;
        }
        *operation += 1;
        Ok(())
    }

    /// Writes what ends a transaction.
    pub fn finish(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let filling = Filling {
            number: self.transaction,
            ids: &self.ids,
            late: late(self.began),
        };
        for statement in &self.last {
            filling.run(connection, statement, &mut self.running)?;
        }
        self.transaction += 1;
        Ok(())
    }
}

fn late(began: Instant) -> i64 {
    i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX)
}

impl Statement {
    fn of(template: RowTemplate) -> Self {
        let RowTemplate {
            table,
            columns,
            key,
            ..
        } = template;
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let sql = if key.is_empty() {
            let marks = vec!["?"; names.len()].join(", ");
            format!(
                "INSERT INTO {table} ({}) VALUES ({marks})",
                names.join(", ")
            )
        } else {
            let keys: Vec<String> = key.iter().map(|(name, _)| format!("{name} = ?")).collect();
            format!(
                "UPDATE {table} SET {} = ? WHERE {}",
                names.join(" = ?, "),
                keys.join(" AND ")
            )
        };
        Self {
            sql,
            table,
            cells: columns
                .into_iter()
                .chain(key)
                .map(|(_, cell)| cell)
                .collect(),
        }
    }
}

/// What one request fills into its statements.
struct Filling<'a> {
    number: u64,
    ids: &'a BTreeMap<String, Vec<Vec<u8>>>,
    late: i64,
}

enum Filled<'a> {
    Borrowed(&'a Value),
    Bytes(&'a [u8]),
    Made(Vec<u8>),
    Number(i64),
}

impl ToSql for Filled<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Borrowed(Value::Null) => ValueRef::Null,
            Self::Borrowed(Value::Integer(number)) | Self::Number(number) => {
                ValueRef::Integer(*number)
            }
            Self::Borrowed(Value::Text(text)) => ValueRef::Text(text.as_bytes()),
            Self::Borrowed(Value::Blob(bytes)) | Self::Made(bytes) => ValueRef::Blob(bytes),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Filling<'_> {
    fn run(
        &self,
        connection: &Connection,
        statement: &Statement,
        running: &mut BTreeMap<String, i64>,
    ) -> rusqlite::Result<()> {
        let mut prepared = connection.prepare_cached(&statement.sql)?;
        for (index, cell) in statement.cells.iter().enumerate() {
            let value = self.fill(cell, &statement.table, running);
            prepared.raw_bind_parameter(index + 1, value)?;
        }
        let rows = prepared.raw_execute()?;
        if rows == 1 {
            Ok(())
        } else {
            Err(rusqlite::Error::StatementChangedRows(rows))
        }
    }

    fn fill<'cell>(
        &'cell self,
        cell: &'cell Cell,
        table: &str,
        running: &mut BTreeMap<String, i64>,
    ) -> Filled<'cell> {
        match cell {
            Cell::Always(value) => Filled::Borrowed(value),
            Cell::Moment(moment) => Filled::Number(moment + self.late),
            Cell::Fresh { slot, length } => Filled::Made(self.fresh(*slot, *length)),
            Cell::Running => {
                let number = running.entry(table.to_owned()).or_default();
                *number += 1;
                Filled::Number(*number)
            }
            Cell::Of(owner) => {
                let ids = self.ids.get(owner).map_or(&[][..], Vec::as_slice);
                let count = ids.len().max(1) as u64;
                let index = usize::try_from(self.number % count).unwrap_or(0);
                Filled::Bytes(ids.get(index).map_or(&[][..], Vec::as_slice))
            }
        }
    }

    /// Ids rise with the operation, as time-ordered ones do, and have noise behind; the digests
    /// that tickets are found by are noise from the first byte on.
    fn fresh(&self, slot: u8, length: usize) -> Vec<u8> {
        let noise = noise(self.number, slot);
        let mut bytes = vec![0xff; length];
        if length == 16 {
            bytes[..8].copy_from_slice(&(0x7000_0000_0000_0000 + self.number).to_be_bytes());
            bytes[8..].copy_from_slice(&noise.to_be_bytes());
        } else {
            for (chunk, round) in bytes.chunks_mut(8).zip(0_u8..) {
                let part = noise.wrapping_mul(2 * u64::from(round) + 1).to_be_bytes();
                chunk.copy_from_slice(&part[..chunk.len()]);
            }
        }
        bytes
    }
}

/// `SplitMix64`: each number and slot has another value.
fn noise(number: u64, slot: u8) -> u64 {
    let mut z = number
        .wrapping_mul(256)
        .wrapping_add(u64::from(slot))
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
