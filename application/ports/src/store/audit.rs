//! The audit trail and its seals.

use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::audit::{AuditAction, AuditActor, Outcome, SealBody};
use gatelodge_domain::{AuditEvent, Digest, Id, Realm, Seal, Timestamp};

use super::Listed;
use crate::StoreError;

/// Authenticates a seal: HMAC-SHA-256 under the audit data key. Shared with the store, which
/// seals where it commits.
pub type SealKey = Arc<dyn Fn(&SealBody) -> Digest + Send + Sync>;

/// An event with its position in the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionedEvent {
    /// Ascending, in the order in which events were sealed; gaps are allowed.
    pub position: u64,
    /// The digest that was stored beside it when it was written.
    pub digest: Digest,
    /// The event as it is stored now.
    pub event: AuditEvent,
}

/// Which events to list; all conditions hold together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Of this realm; every realm without.
    pub realm: Option<Id<Realm>>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// By this actor.
    pub actor: Option<AuditActor>,
    /// Of this action.
    pub action: Option<AuditAction>,
    /// On the target with this id.
    pub target: Option<u128>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
}

impl AuditFilter {
    /// Whether an event meets all of them.
    pub fn admits(&self, event: &AuditEvent) -> bool {
        let target = event.target.as_ref().map(|target| target.bits);
        self.realm.is_none_or(|realm| event.realm == realm)
            && self.from.is_none_or(|from| from <= event.at)
            && self.to.is_none_or(|to| event.at < to)
            && self.actor.is_none_or(|actor| event.actor == actor)
            && self.action.is_none_or(|action| event.action == action)
            && self.outcome.is_none_or(|outcome| event.outcome == outcome)
            && self.target.is_none_or(|bits| target == Some(bits))
    }
}

/// Reads the trail.
#[async_trait]
pub trait FindAuditEvents: Send {
    /// A page of at most `limit` events, newest first, at positions below `before` where given.
    async fn list(
        &mut self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u16,
    ) -> Result<Listed<PositionedEvent>, StoreError>;

    /// At most `limit` events from that position on, oldest first, of every realm; for
    /// verification, sinks and export.
    async fn since(
        &mut self,
        position: u64,
        limit: u16,
    ) -> Result<Vec<PositionedEvent>, StoreError>;

    /// At most `limit` seals from that number on, oldest first.
    async fn seals(&mut self, from: u64, limit: u16) -> Result<Vec<Seal>, StoreError>;

    /// The newest seal.
    async fn last_seal(&mut self) -> Result<Option<Seal>, StoreError>;
}

/// Writes the trail.
#[async_trait]
pub trait AuditTrail: FindAuditEvents {
    /// Appends, in this order. The events become part of a seal with their transaction (SQLite,
    /// memory) or within a second of it (PostgreSQL).
    async fn append(&mut self, events: &[AuditEvent]) -> Result<(), StoreError>;

    /// Removes the beginning of the trail: every event at positions up to `through.last`, and
    /// every seal up to `through.number`; answers how many events there were. The newest seal is
    /// never named here, because the next one follows it.
    async fn remove_sealed(&mut self, through: &Seal) -> Result<u64, StoreError> {
        let _ = through;
        Err(StoreError::Unsupported)
    }
}
