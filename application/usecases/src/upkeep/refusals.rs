//! Refusals that were repeated within a minute become one event with their count.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::AuditAction;
use serde_json::json;

use crate::audit::{Entry, RequestFacts};
use crate::{Failure, Foundation};

/// Writes the counts.
pub struct FlushRefusals {
    foundation: Arc<Foundation>,
}

impl FlushRefusals {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Writes the windows that have closed.
    pub async fn run(&self) -> Result<(), Failure> {
        self.write(Duration::ZERO).await
    }

    /// Writes every window, open or not, when the process ends.
    pub async fn finish(&self) -> Result<(), Failure> {
        self.write(Duration::from_hours(24)).await
    }

    async fn write(&self, ahead: Duration) -> Result<(), Failure> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let closed = foundation.recorder.refusals.take_closed(now.plus(ahead));
        if closed.is_empty() {
            return Ok(());
        }
        let mut events = Vec::with_capacity(closed.len());
        for (key, count) in closed {
            let facts = json!({ "action": key.action.as_str(), "count": count });
            let action = AuditAction::RefusalsRepeated;
            let entry = Entry::denied(key.realm, key.actor, action, key.reason).with(facts);
            let request = RequestFacts::default();
            events.push(foundation.recorder.event(entry, &request, now).await?);
        }
        let mut unit = foundation.store.write().await?;
        unit.audit().append(&events).await?;
        Ok(unit.commit().await?)
    }
}
