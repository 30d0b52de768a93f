//! Messages that leave the house after commit.

use core::ops::Bound;

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, Message, Outbox};

use crate::table::{Moment, Table, tables};
use crate::view::{Turn, View};

tables! {
    /// Messages by row id, and by channel in the order in which they are due.
    OutboxTables {
        rows: Table<Id<Message>, Message>,
        due: Table<(String, Timestamp, Id<Message>), ()>,
    }
}

impl OutboxTables {
    fn place(&mut self, at: Moment, message: &Message) {
        self.due.put(
            at,
            (message.channel.clone(), message.due_at, message.id),
            (),
        );
        self.rows.put(at, message.id, message.clone());
    }

    fn erase(&mut self, at: Moment, id: Id<Message>) {
        let Some(message) = self.rows.get(at, &id).cloned() else {
            return;
        };
        self.due.remove(at, (message.channel, message.due_at, id));
        self.rows.remove(at, id);
    }

    /// Removes at most so many of a realm's rows.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let rows = self
            .rows
            .iter(at)
            .filter(|(_, message)| message.realm == realm);
        let ids: Vec<Id<Message>> = rows.map(|(id, _)| *id).take(limit).collect();
        for id in &ids {
            self.erase(at, *id);
        }
        ids.len()
    }
}

#[async_trait]
impl Outbox for View<Turn> {
    async fn enqueue(&mut self, message: &Message) -> Result<(), StoreError> {
        self.change(|tables, at| {
            if tables.outbox.rows.contains(at, &message.id) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            tables.outbox.place(at, message);
            Ok(())
        })
    }

    async fn take(
        &mut self,
        channel: &str,
        now: Timestamp,
        retry_at: Timestamp,
        limit: u16,
    ) -> Result<Vec<Message>, StoreError> {
        self.change(|tables, at| {
            let outbox = &mut tables.outbox;
            let first = (
                channel.to_owned(),
                Timestamp::from_millis(i64::MIN),
                Id::from_u128(0),
            );
            let last = (channel.to_owned(), now, Id::from_u128(u128::MAX));
            let due = outbox
                .due
                .range(at, (Bound::Included(first), Bound::Included(last)));
            let due = due.take(usize::from(limit));
            let due: Vec<Message> = due
                .filter_map(|((.., id), ())| outbox.rows.get(at, id).cloned())
                .collect();
            let taken: Vec<Message> = due
                .into_iter()
                .map(|message| Message {
                    attempts: message.attempts + 1,
                    due_at: retry_at,
                    ..message
                })
                .collect();
            for message in &taken {
                outbox.erase(at, message.id);
                outbox.place(at, message);
            }
            Ok(taken)
        })
    }

    async fn done(&mut self, id: Id<Message>) -> Result<(), StoreError> {
        self.change(|tables, at| {
            tables.outbox.erase(at, id);
            Ok(())
        })
    }

    async fn postpone(
        &mut self,
        id: Id<Message>,
        attempts: u32,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            let outbox = &mut tables.outbox;
            let stored = outbox.rows.get(at, &id).cloned();
            let Some(message) = stored.filter(|message| message.attempts == attempts) else {
                return Ok(false);
            };
            outbox.erase(at, id);
            outbox.place(at, &Message { due_at, ..message });
            Ok(true)
        })
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let outbox = &mut tables.outbox;
            let old: Vec<Id<Message>> = outbox
                .rows
                .iter(at)
                .filter(|(_, message)| message.due_at < before)
                .map(|(id, _)| *id)
                .take(usize::from(limit))
                .collect();
            for id in &old {
                outbox.erase(at, *id);
            }
            Ok(old.len() as u64)
        })
    }
}
