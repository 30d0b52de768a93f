//! From two snapshots to templates.

use std::collections::BTreeMap;

use super::snapshot::{OWNERS, Table};
use super::{Cell, Per, RowTemplate, Snapshot, Value};

/// Moments lie between 2017 and 2065 in milliseconds; nothing else that we store does.
const MOMENTS: std::ops::Range<i64> = 1_500_000_000_000..3_000_000_000_000;

/// What one request wrote between two snapshots. Ids that it made are told apart by `slots`,
/// which is handed on to the next request of the same operation.
pub fn learn(
    before: &Snapshot,
    after: &Snapshot,
    slots: &mut BTreeMap<Vec<u8>, u8>,
) -> Vec<RowTemplate> {
    let mut templates = Vec::new();
    let empty = Table::default();
    for (name, table) in &after.tables {
        let old = before.tables.get(name).unwrap_or(&empty);
        let mut place = Place {
            before,
            table,
            slots,
        };
        for (id, row) in &table.rows {
            match old.rows.get(id) {
                None => templates.push(place.insert(name, row)),
                Some(was) if was != row => templates.push(place.update(name, was, row)),
                Some(_) => {}
            }
        }
    }
    templates
}

struct Place<'a> {
    before: &'a Snapshot,
    table: &'a Table,
    slots: &'a mut BTreeMap<Vec<u8>, u8>,
}

impl Place<'_> {
    fn insert(&mut self, name: &str, row: &[Value]) -> RowTemplate {
        let columns = self.table.columns.clone();
        RowTemplate {
            table: name.to_owned(),
            columns: columns
                .into_iter()
                .zip(row)
                .enumerate()
                .map(|(index, (column, value))| (column, self.cell(name, index, value)))
                .collect(),
            key: Vec::new(),
            per: if name == "audit_seals" {
                Per::Transaction
            } else {
                Per::Request
            },
        }
    }

    fn update(&mut self, name: &str, was: &[Value], row: &[Value]) -> RowTemplate {
        let columns = self.table.columns.clone();
        let changed = (0..columns.len()).filter(|index| was[*index] != row[*index]);
        let key = self.table.key.clone();
        RowTemplate {
            table: name.to_owned(),
            columns: changed
                .map(|index| (columns[index].clone(), self.cell(name, index, &row[index])))
                .collect(),
            key: key
                .into_iter()
                .map(|index| (columns[index].clone(), self.cell(name, index, &row[index])))
                .collect(),
            per: Per::Request,
        }
    }

    fn cell(&mut self, table: &str, index: usize, value: &Value) -> Cell {
        let is_key = self.table.key.contains(&index);
        match value {
            Value::Integer(_) if is_key => Cell::Running,
            Value::Integer(moment) if MOMENTS.contains(moment) => Cell::Moment(*moment),
            Value::Blob(bytes) => self.blob(table, &self.table.columns[index].clone(), bytes),
            other => Cell::Always(other.clone()),
        }
    }

    fn blob(&mut self, table: &str, column: &str, bytes: &[u8]) -> Cell {
        let value = Value::Blob(bytes.to_vec());
        for owner in OWNERS {
            let known = self.before.owners.get(owner);
            if known.is_some_and(|ids| ids.contains(&value)) {
                return Cell::Of(owner.to_owned());
            }
        }
        // Ids, and the digest that a ticket is found by. A realm's id is in every row and is not
        // made by the request; other bytes are sealed values and digests that nothing looks up.
        let is_id = bytes.len() == 16 && column != "realm" && column != "actor_realm";
        let is_ticket = table == "tickets" && column == "digest";
        if !is_id && !is_ticket {
            return Cell::Always(value);
        }
        let next = u8::try_from(self.slots.len()).unwrap_or(u8::MAX);
        let slot = *self.slots.entry(bytes.to_vec()).or_insert(next);
        Cell::Fresh {
            slot,
            length: bytes.len(),
        }
    }
}
