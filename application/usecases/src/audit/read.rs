//! Reading the trail. Whatever identifies a person is opened here, for holders of the permit
//! only, and only while that person's key exists.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Id, Realm, RealmSlug};
use gatelodge_ports::store::{AuditFilter, PositionedEvent};
use serde_json::{Value, json};

use super::{Entry, RequestFacts};
use crate::admin::{AdminError, AuditRead, HousePermit, Permit, Refusal};
use crate::{Failure, Foundation};

/// Events that are read together for an export.
const EXPORT_PAGE: u16 = 200;

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

/// How far an export has come.
#[derive(Debug)]
pub struct TrailExport {
    filter: AuditFilter,
    /// Where the next page begins; `None` at the newest event.
    before: Option<u64>,
    ended: bool,
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
        Ok(self.page(&filter, before, limit).await?)
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
        Ok(self.page(&filter, before, limit).await?)
    }

    /// The event at that position, where it concerns the permit's realm.
    pub async fn one_of_realm(
        &self,
        permit: &Permit<AuditRead>,
        position: u64,
    ) -> Result<OpenedEvent, AdminError> {
        let realm = Some(permit.realm_id());
        let found = self.at(position, realm).await?;
        let entry = permit.done(AuditAction::AuditRead);
        let entry = entry.with(json!({ "reach": "realm", "position": position }));
        self.record(entry, permit.request()).await?;
        Ok(open(&self.foundation, found).await?)
    }

    /// The event at that position.
    pub async fn one_of_house(
        &self,
        permit: &HousePermit<AuditRead>,
        position: u64,
    ) -> Result<OpenedEvent, AdminError> {
        let found = self.at(position, None).await?;
        let entry = permit.done(AuditAction::AuditRead);
        let entry = entry.with(json!({ "reach": "house", "position": position }));
        self.record(entry, permit.request()).await?;
        Ok(open(&self.foundation, found).await?)
    }

    async fn at(
        &self,
        position: u64,
        realm: Option<Id<Realm>>,
    ) -> Result<PositionedEvent, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let found = view.audit().since(position, 1).await?;
        let filter = AuditFilter {
            realm,
            ..AuditFilter::default()
        };
        found
            .into_iter()
            .find(|stored| stored.position == position && filter.admits(&stored.event))
            .ok_or_else(|| Refusal::not_found("there is no event at this position").into())
    }

    /// Begins to give out every event that concerns the permit's realm, newest first. That it
    /// was is recorded now, and each page is read when it is asked for.
    pub async fn export_realm(
        &self,
        permit: &Permit<AuditRead>,
        mut filter: AuditFilter,
    ) -> Result<TrailExport, AdminError> {
        filter.realm = Some(permit.realm_id());
        let entry = permit.done(AuditAction::AuditRead);
        let entry = entry.with(json!({ "reach": "realm", "how": "export" }));
        self.record(entry, permit.request()).await?;
        Ok(TrailExport::of(filter))
    }

    /// The same for every realm, those that are gone included.
    pub async fn export_house(
        &self,
        permit: &HousePermit<AuditRead>,
        filter: AuditFilter,
    ) -> Result<TrailExport, AdminError> {
        let entry = permit.done(AuditAction::AuditRead);
        let entry = entry.with(json!({ "reach": "house", "how": "export" }));
        self.record(entry, permit.request()).await?;
        Ok(TrailExport::of(filter))
    }

    /// The same for somebody with a shell on the machine; of one realm where the filter says so.
    pub async fn export_as_operator(&self, filter: AuditFilter) -> Result<TrailExport, Failure> {
        let directory = &self.foundation.directory;
        let system = directory.realm(&RealmSlug::system()).await?;
        let system = system.ok_or_else(|| Failure::broken("the realm `system` is missing"))?;
        let realm = filter.realm.unwrap_or(system.realm.id);
        let reach = filter.realm.map_or("house", |_| "realm");
        let entry = Entry::done(realm, AuditActor::Operator, AuditAction::AuditRead)
            .with(json!({ "reach": reach, "how": "export" }));
        record(&self.foundation, entry, &RequestFacts::default()).await?;
        Ok(TrailExport::of(filter))
    }

    /// The next events of an export; none at the end.
    pub async fn export(&self, export: &mut TrailExport) -> Result<Vec<OpenedEvent>, Failure> {
        if export.ended {
            return Ok(Vec::new());
        }
        let page = self
            .page(&export.filter, export.before, EXPORT_PAGE)
            .await?;
        (export.before, export.ended) = (page.next, page.next.is_none());
        Ok(page.items)
    }

    /// Reading what identifies people is itself a fact; once for each listing, not for each
    /// page of it.
    async fn record(&self, entry: Entry, request: &RequestFacts) -> Result<(), AdminError> {
        Ok(record(&self.foundation, entry, request).await?)
    }

    async fn page(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u16,
    ) -> Result<TrailPage, Failure> {
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
            items.push(open(&self.foundation, stored).await?);
        }
        Ok(TrailPage { items, next })
    }
}

impl TrailExport {
    const fn of(filter: AuditFilter) -> Self {
        Self {
            filter,
            before: None,
            ended: false,
        }
    }
}

/// Writes down that the trail is read.
pub(super) async fn record(
    foundation: &Foundation,
    entry: Entry,
    request: &RequestFacts,
) -> Result<(), Failure> {
    let now = foundation.clock.now();
    let event = foundation.recorder.event(entry, request, now).await?;
    let mut unit = foundation.store.write().await?;
    unit.audit().append(&[event]).await?;
    Ok(unit.commit().await?)
}

/// Opens what identifies a person, where it still can be.
pub(super) async fn open(
    foundation: &Foundation,
    stored: PositionedEvent,
) -> Result<OpenedEvent, Failure> {
    let text = foundation.recorder.open_detail(&stored.event).await?;
    let personal = text.as_deref().map(serde_json::from_str).transpose()?;
    Ok(OpenedEvent { stored, personal })
}
