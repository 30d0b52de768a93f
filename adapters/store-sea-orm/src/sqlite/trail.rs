//! The audit trail's place in a batch: positions, and the seal that the batch writes.
//!
//! There is one writer, so positions are counted in memory and the last seal is remembered.
//! Another process (a command beside a running server) may append too; `PRAGMA data_version`
//! tells, and then both are read again. It is asked inside the write transaction, when nobody
//! else can write any more.

use gatelodge_domain::audit::SealBody;
use gatelodge_domain::{Digest, Seal};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::SealKey;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::statement::Failure;

/// The events of a batch, and the end of the chain.
#[derive(Default)]
pub(super) struct Trail {
    end: Option<End>,
    events: Vec<(u64, Digest)>,
}

struct End {
    seal: Option<Seal>,
    next_position: u64,
    data_version: i64,
}

impl Trail {
    /// Takes positions for these events; the first one.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        digests: &[Digest],
    ) -> Result<u64, Failure> {
        if self.events.is_empty() {
            self.refresh(connection)?;
        }
        let Some(end) = &mut self.end else {
            return Err(Failure::Here(StoreError::broken("the trail has no end")));
        };
        let first = end.next_position;
        for digest in digests {
            self.events.push((end.next_position, *digest));
            end.next_position += 1;
        }
        Ok(first)
    }

    /// How many events the batch has; what a turn begins with.
    pub(super) fn mark(&self) -> usize {
        self.events.len()
    }

    /// Forgets the events of a turn that was undone. Their positions stay unused.
    pub(super) fn forget_from(&mut self, mark: usize) {
        self.events.truncate(mark);
    }

    /// Writes the batch's seal, if it has events.
    pub(super) fn seal(
        &mut self,
        connection: &Connection,
        key: &SealKey,
    ) -> rusqlite::Result<Option<Seal>> {
        let previous = self.end.as_ref().and_then(|end| end.seal.as_ref());
        let Some(body) = SealBody::over(previous, &self.events) else {
            return Ok(None);
        };
        let seal = body.authenticated(key(&body));
        connection
            .prepare_cached(
                "INSERT INTO audit_seals (number, first_position, last_position, event_count, \
                 root, previous, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                seal.number.cast_signed(),
                seal.first.cast_signed(),
                seal.last.cast_signed(),
                seal.count,
                seal.root.as_bytes(),
                seal.previous.as_bytes(),
                seal.mac.as_bytes(),
            ])?;
        Ok(Some(seal))
    }

    /// The batch is durable; the next one follows this seal.
    pub(super) fn committed(&mut self, seal: Option<&Seal>) {
        self.events.clear();
        if let (Some(end), Some(seal)) = (&mut self.end, seal) {
            end.seal = Some(seal.clone());
        }
    }

    /// The batch is lost; the end of the chain is read again.
    pub(super) fn lost(&mut self) {
        self.events.clear();
        self.end = None;
    }

    fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let data_version: i64 = connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if self
            .end
            .as_ref()
            .is_some_and(|end| end.data_version == data_version)
        {
            return Ok(());
        }
        let seal = connection
            .query_row(
                "SELECT number, first_position, last_position, event_count, root, previous, mac \
                 FROM audit_seals ORDER BY number DESC LIMIT 1",
                [],
                read_seal,
            )
            .optional()?;
        let last_event: Option<i64> =
            connection.query_row("SELECT max(position) FROM audit_events", [], |row| {
                row.get(0)
            })?;
        let last_sealed = seal.as_ref().map_or(0, |seal| seal.last);
        let last_event = last_event.unwrap_or(0).cast_unsigned();
        self.end = Some(End {
            seal,
            next_position: last_sealed.max(last_event) + 1,
            data_version,
        });
        Ok(())
    }
}

/// The seal of a row of `audit_seals`, in the order of its columns.
pub(crate) fn read_seal(row: &Row<'_>) -> rusqlite::Result<Seal> {
    let digest = |index| row.get::<_, [u8; 32]>(index).map(Digest::new);
    Ok(Seal {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        first: row.get::<_, i64>(1)?.cast_unsigned(),
        last: row.get::<_, i64>(2)?.cast_unsigned(),
        count: row.get(3)?,
        root: digest(4)?,
        previous: digest(5)?,
        mac: digest(6)?,
    })
}
