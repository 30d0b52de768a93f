//! Feeding a sink from the trail: by a cursor in the store, in order, at least once.
//!
//! A sink gets what is sealed, for the reason in [`super::TailAudit`], and the newest seal once
//! it has every event under it. The cursor moves when the sink has taken a batch, in a unit of
//! its own; a crash in between repeats the batch.
//!
//! What identifies a person stays sealed unless the operator wants it outside: a copy cannot
//! forget whom the house forgot.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::{Seal, Timestamp};
use gatelodge_ports::store::PositionedEvent;
use gatelodge_ports::{AuditSink, SinkError, SinkItem, SinkRecord, StoreError};

use super::OpenedEvent;
use super::read::open;
use crate::figures::SinkCounts;
use crate::{Failure, Foundation};

/// Events of one delivery.
const BATCH: u16 = 200;
/// How far apart two seals are.
const SEALS: Duration = Duration::from_secs(1);

/// Whether a sink is told what identifies a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// It stays in the house.
    Withheld,
    /// It goes out as it is shown to administrators.
    Opened,
}

/// How events and seals are written down; the edge knows.
#[derive(Debug, Clone, Copy)]
pub struct SinkForm {
    /// An event as one JSON object.
    pub event: fn(OpenedEvent) -> String,
    /// A seal likewise, with the moment at which it was seen.
    pub seal: fn(&Seal, Timestamp) -> String,
    /// A moment as RFC 3339 text.
    pub time: fn(Timestamp) -> String,
}

/// Feeds one sink.
pub struct FeedSink {
    foundation: Arc<Foundation>,
    sink: Arc<dyn AuditSink>,
    personal: Personal,
    form: SinkForm,
    counts: Arc<SinkCounts>,
}

/// How a round went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// There was nothing new.
    Nothing,
    /// The sink has all there was.
    CaughtUp,
    /// The sink took a batch, and there is more.
    More,
}

/// Why a round did not go well.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The sink did not take it.
    #[error("{0}")]
    Sink(#[from] SinkError),
    /// The trail or the cursor cannot be read or written.
    #[error(transparent)]
    House(#[from] Failure),
}

impl From<StoreError> for FeedError {
    fn from(error: StoreError) -> Self {
        Self::House(error.into())
    }
}

/// How far a sink has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cursor {
    /// The position that comes next.
    next: u64,
    /// The last seal that it got, and when.
    seal: u64,
    seal_at: i64,
}

impl Cursor {
    fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.next.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.seal.to_be_bytes());
        bytes[16..].copy_from_slice(&self.seal_at.to_be_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (next, rest) = bytes.split_first_chunk()?;
        let (seal, rest) = rest.split_first_chunk()?;
        Some(Self {
            next: u64::from_be_bytes(*next),
            seal: u64::from_be_bytes(*seal),
            seal_at: i64::from_be_bytes(rest.try_into().ok()?),
        })
    }
}

impl FeedSink {
    /// Feeds that sink from that house.
    pub fn new(
        foundation: Arc<Foundation>,
        sink: Arc<dyn AuditSink>,
        personal: Personal,
        form: SinkForm,
    ) -> Self {
        Self {
            counts: foundation.figures.sinks.of(sink.name()),
            foundation,
            sink,
            personal,
            form,
        }
    }

    /// The sink's name.
    pub fn name(&self) -> &'static str {
        self.sink.name()
    }

    /// Delivers one batch and moves the cursor. To be run on one node at a time.
    pub async fn round(&self) -> Result<Fed, FeedError> {
        let fed = self.feed().await;
        if fed.is_err() {
            self.counts.failed();
        }
        fed
    }

    /// Says that another node feeds it.
    pub fn rest(&self) {
        self.counts.is_anothers();
    }

    async fn feed(&self) -> Result<Fed, FeedError> {
        let now = self.foundation.clock.now();
        let fact = format!("audit_sink/{}", self.sink.name());
        let mut view = self.foundation.store.read().await?;
        let Some(newest) = view.audit().last_seal().await? else {
            return Ok(Fed::Nothing);
        };
        let stored = view.system().find(&fact).await?;
        let cursor = match stored.as_deref().map(Cursor::parse) {
            None => Cursor::default(),
            Some(Some(cursor)) => cursor,
            Some(None) => return Err(Failure::broken("a sink's cursor cannot be read").into()),
        };
        let end = newest.last + 1;
        let behind = |cursor: Cursor| end.saturating_sub(cursor.next);
        self.counts.is_behind(behind(cursor), now);
        let mut events = Vec::new();
        if cursor.next <= newest.last {
            events = view.audit().since(cursor.next, BATCH).await?;
            events.retain(|event| event.position <= newest.last);
        }
        drop(view);
        let more = events.len() == usize::from(BATCH);
        let mut moved = cursor;
        if let Some(last) = events.last() {
            moved.next = last.position + 1;
        }
        let mut records = self.records(events).await?;
        let since = now.since(Timestamp::from_millis(cursor.seal_at));
        if !more && newest.number > cursor.seal && since >= SEALS {
            (moved.seal, moved.seal_at) = (newest.number, now.as_millis());
            records.push(SinkRecord {
                time: (self.form.time)(now),
                json: (self.form.seal)(&newest, now),
                what: SinkItem::Seal(newest),
            });
        }
        if records.is_empty() {
            return Ok(Fed::Nothing);
        }
        self.sink.deliver(&records).await?;
        self.advance(&fact, stored.as_deref(), moved).await?;
        self.counts.took(records.len());
        self.counts.is_behind(behind(moved), now);
        Ok(if more { Fed::More } else { Fed::CaughtUp })
    }

    async fn records(&self, events: Vec<PositionedEvent>) -> Result<Vec<SinkRecord>, Failure> {
        let mut records = Vec::with_capacity(events.len() + 1);
        for stored in events {
            let what = SinkItem::Event {
                position: stored.position,
                event: Box::new(stored.event.clone()),
            };
            let time = (self.form.time)(stored.event.at);
            let opened = match self.personal {
                Personal::Opened => open(&self.foundation, stored).await?,
                Personal::Withheld => OpenedEvent {
                    stored,
                    personal: None,
                },
            };
            records.push(SinkRecord {
                what,
                time,
                json: (self.form.event)(opened),
            });
        }
        Ok(records)
    }

    /// Moves the cursor, unless somebody else did: then what they said holds.
    async fn advance(&self, fact: &str, from: Option<&[u8]>, to: Cursor) -> Result<(), StoreError> {
        let mut unit = self.foundation.store.write().await?;
        if unit.system().find(fact).await?.as_deref() == from {
            unit.system().put(fact, &to.to_bytes()).await?;
        }
        unit.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor {
            next: 7,
            seal: 3,
            seal_at: -1,
        };
        assert_eq!(Cursor::parse(&cursor.to_bytes()), Some(cursor));
        assert_eq!(Cursor::parse(b"short"), None);
        assert_eq!(Cursor::parse(&[0; 25]), None);
    }
}
