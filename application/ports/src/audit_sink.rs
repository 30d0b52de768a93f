//! Where a copy of the audit trail goes as it grows: a SIEM, a file, a webhook.
//!
//! A sink is fed from the trail by a cursor that is kept in the store, on one node at a time, so
//! it hears of everything at least once and in order, whatever happens to it or to us. A sink
//! that fails is fed the same records again, later; it holds up no request and no other sink.

use async_trait::async_trait;
use gatelodge_domain::{AuditEvent, Seal};

/// Something that a sink is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkRecord {
    /// What it is.
    pub what: SinkItem,
    /// When it happened, or when the seal was seen: RFC 3339, in UTC, with milliseconds.
    pub time: String,
    /// The whole of it as one JSON object without a line end, in the form in which the admin API
    /// shows it. A sink that writes text writes this.
    pub json: String,
}

/// An event, or a seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkItem {
    /// An event.
    Event {
        /// Its place in the trail.
        position: u64,
        /// The event as it is stored.
        event: Box<AuditEvent>,
    },
    /// The newest seal, once every event under it was delivered: whoever keeps it can tell
    /// whether the end of the trail was cut off. Not every seal comes, at most one a second.
    Seal(Seal),
}

/// Takes a copy of the trail.
#[async_trait]
pub trait AuditSink: Send + Sync {
    /// A stable name in `[a-z0-9_-]`, under which its cursor is kept.
    fn name(&self) -> &'static str;

    /// Takes records, oldest first, all or none as far as it can: after an error the same ones
    /// come again. Has a time limit of its own, of some seconds.
    async fn deliver(&self, records: &[SinkRecord]) -> Result<(), SinkError>;
}

/// Why a sink did not take them, in words for the log: no secret, nobody's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);
