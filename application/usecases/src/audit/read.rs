//! Reading the trail. Whatever identifies a person is opened here, for holders of the permit
//! only, and only while that person's key exists.

use std::sync::Arc;

use gatelodge_domain::AuditAction;
use gatelodge_ports::store::{AuditFilter, PositionedEvent};
use serde_json::{Value, json};

use super::Entry;
use crate::Foundation;
use crate::admin::{AdminError, AuditRead, HousePermit, Permit, Work};

/// An event with its personal part, if that can still be opened.
#[derive(Debug, Clone)]
pub struct OpenedEvent {
    /// The event and its position.
    pub stored: PositionedEvent,
    /// `address`, `user_agent` and `detail`, as a JSON object; `None` where there is nothing or
    /// the person's key was destroyed.
    pub personal: Option<Value>,
}

/// A page of the trail, newest first.
#[derive(Debug, Clone)]
pub struct TrailPage {
    /// The events.
    pub items: Vec<OpenedEvent>,
    /// Where the next page begins, if there is one.
    pub next: Option<u64>,
}

/// Reads the trail.
pub struct ReadAudit {
    foundation: Arc<Foundation>,
}

impl ReadAudit {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Events that concern the permit's realm.
    pub async fn of_realm(
        &self,
        permit: &Permit<AuditRead>,
        mut filter: AuditFilter,
        before: Option<u64>,
        limit: u16,
    ) -> Result<TrailPage, AdminError> {
        filter.realm = Some(permit.realm_id());
        if before.is_none() {
            let entry = permit.done(AuditAction::AuditRead);
            self.record(entry.with(json!({ "reach": "realm" })), permit.request())
                .await?;
        }
        self.page(&filter, before, limit).await
    }

    /// Events of every realm, those that are gone included.
    pub async fn of_house(
        &self,
        permit: &HousePermit<AuditRead>,
        filter: AuditFilter,
        before: Option<u64>,
        limit: u16,
    ) -> Result<TrailPage, AdminError> {
        if before.is_none() {
            let entry = permit.done(AuditAction::AuditRead);
            self.record(entry.with(json!({ "reach": "house" })), permit.request())
                .await?;
        }
        self.page(&filter, before, limit).await
    }

    /// Reading what identifies people is itself a fact; once for each listing, not for each
    /// page of it.
    async fn record(&self, entry: Entry, request: &super::RequestFacts) -> Result<(), AdminError> {
        let now = self.foundation.clock.now();
        let event = self.foundation.recorder.event(entry, request, now).await?;
        let work = Work::open(&self.foundation, now).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    async fn page(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u16,
    ) -> Result<TrailPage, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let listed = view.audit().list(filter, before, limit).await?;
        drop(view);
        let next = listed
            .items
            .last()
            .filter(|_| listed.more)
            .map(|last| last.position);
        let mut items = Vec::with_capacity(listed.items.len());
        for stored in listed.items {
            let text = self.foundation.recorder.open_detail(&stored.event).await?;
            let personal = text.as_deref().map(serde_json::from_str).transpose()?;
            items.push(OpenedEvent { stored, personal });
        }
        Ok(TrailPage { items, next })
    }
}
