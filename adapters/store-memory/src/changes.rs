//! What caches must hear of. Numbers follow the order of commits, because there is one writer.

use async_trait::async_trait;
use gatelodge_domain::Timestamp;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Change, Changes, FindChanges, NumberedChange};

use crate::table::{Moment, Settle, Table, Verdict};
use crate::view::{Stand, Turn, View};

/// The feed, and the last number given.
#[derive(Default)]
pub(crate) struct ChangeTables {
    rows: Table<u64, (Change, Timestamp)>,
    /// A table of one row, so that it too is true at a moment; sweeping must not lower it.
    last: Table<(), u64>,
    pending: bool,
}

impl ChangeTables {
    /// Whether the open unit announced anything.
    pub(crate) fn has_pending(&self) -> bool {
        self.pending
    }

    fn position(&self, at: Moment) -> u64 {
        self.last.get(at, &()).copied().unwrap_or(0)
    }
}

impl Settle for ChangeTables {
    fn settle(&mut self, verdict: Verdict) {
        self.rows.settle(verdict);
        self.last.settle(verdict);
        self.pending = false;
    }
}

#[async_trait]
impl<S: Stand> FindChanges for View<S> {
    async fn since(&mut self, number: u64, limit: u16) -> Result<Vec<NumberedChange>, StoreError> {
        self.look(|tables, at| {
            let rows = tables.changes.rows.range(at, number.saturating_add(1)..);
            rows.take(usize::from(limit))
                .map(|(number, (change, _))| NumberedChange {
                    number: *number,
                    change: *change,
                })
                .collect()
        })
    }

    async fn position(&mut self) -> Result<u64, StoreError> {
        self.look(|tables, at| tables.changes.position(at))
    }
}

#[async_trait]
impl Changes for View<Turn> {
    async fn announce(&mut self, change: Change, at: Timestamp) -> Result<(), StoreError> {
        self.change(|tables, moment| {
            let changes = &mut tables.changes;
            let number = changes.position(moment) + 1;
            changes.last.put(moment, (), number);
            changes.rows.put(moment, number, (change, at));
            changes.pending = true;
            Ok(())
        })
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let rows = tables
                .changes
                .rows
                .iter(at)
                .filter(|(_, (_, made))| *made < before);
            let old: Vec<u64> = rows
                .map(|(number, _)| *number)
                .take(usize::from(limit))
                .collect();
            for number in &old {
                tables.changes.rows.remove(at, *number);
            }
            Ok(old.len() as u64)
        })
    }
}
