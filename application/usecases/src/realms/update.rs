//! Changing a realm's name, settings and whether it serves.

use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::{AuditAction, DisplayName, Realm, Revision, Settings, Timestamp};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerRealms;
use crate::ErrorCode;
use crate::admin::{AdminError, Permit, RealmsWrite, Refusal, Work};

/// Whether a realm shall serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// It shall.
    Active,
    /// It shall not; its rows are kept.
    Disabled,
}

/// A realm as it shall be.
#[derive(Debug, Clone)]
pub struct RealmUpdate {
    /// What people see.
    pub name: DisplayName,
    /// What it sets for itself.
    pub settings: Settings,
    /// Whether it serves.
    pub service: Service,
}

impl AdministerRealms {
    /// Changes a realm whose revision is still that one.
    pub async fn update(
        &self,
        permit: &Permit<RealmsWrite>,
        revision: Revision,
        update: RealmUpdate,
    ) -> Result<Realm, AdminError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let mut realm = permit.realm().realm.clone();
        Refusal::if_changed(realm.revision, revision)?;
        let closes = realm.serves() && update.service == Service::Disabled;
        if closes && realm.slug.is_reserved() {
            return Err(Refusal::new(
                ErrorCode::Protected,
                "the built-in realms `default` and `system` cannot be disabled",
            )
            .into());
        }
        realm.name = update.name;
        realm.settings = update.settings;
        realm.status = status(realm.status, update.service, now);
        let entry = permit
            .done(AuditAction::RealmUpdated)
            .on("realm", realm.id)
            .with(json!({ "serves": realm.serves() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let realm = work.unit.realms().update(&realm).await?;
        if closes {
            work.raise(realm.id, WatermarkOwner::Realm).await?;
        }
        work.note(Change::Realm(realm.id)).await?;
        work.commit(&[event]).await?;
        Ok(realm)
    }
}

/// A realm that is disabled already keeps its date.
const fn status(was: RealmStatus, service: Service, now: Timestamp) -> RealmStatus {
    match (was, service) {
        (RealmStatus::Deleting { .. }, _) | (RealmStatus::Disabled { .. }, Service::Disabled) => {
            was
        }
        (_, Service::Active) => RealmStatus::Active,
        (RealmStatus::Active, Service::Disabled) => RealmStatus::Disabled { since: now },
    }
}
