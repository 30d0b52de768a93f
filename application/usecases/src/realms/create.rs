//! Making a realm: its row, and at once a key to sign access tokens with.

use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::{
    AuditAction, DisplayName, KeyAlgorithm, Realm, RealmSlug, Revision, Settings,
};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerRealms;
use crate::admin::{AdminError, HousePermit, RealmsWrite, Refusal, Work};

/// What a new realm is.
#[derive(Debug, Clone)]
pub struct NewRealm {
    /// Its immutable name in URLs.
    pub slug: RealmSlug,
    /// What people see.
    pub name: DisplayName,
    /// What it sets for itself.
    pub settings: Settings,
}

impl AdministerRealms {
    /// Makes a realm. Reserved slugs are refused, and so is a slug whose realm has not been
    /// swept away yet.
    pub async fn create(
        &self,
        permit: &HousePermit<RealmsWrite>,
        new: NewRealm,
    ) -> Result<Realm, AdminError> {
        if new.slug.is_reserved() {
            return Err(Refusal::field("slug", "`default` and `system` are reserved").into());
        }
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let realm = Realm {
            id: foundation.rng.id(now),
            slug: new.slug,
            name: new.name,
            status: RealmStatus::Active,
            settings: new.settings,
            user_schema: gatelodge_domain::attribute::UserSchema::default(),
            revision: Revision::FIRST,
            created_at: now,
        };
        let entry = permit
            .done_in(realm.id, AuditAction::RealmCreated)
            .on("realm", realm.id)
            .with(json!({ "slug": realm.slug.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        work.unit.realms().insert(&realm).await?;
        work.note(Change::Realm(realm.id)).await?;
        work.commit(&[event]).await?;
        // Outside of the unit, because making a key takes time. Should it fail, the first
        // request that needs the key makes it.
        self.keys.supply(realm.id, KeyAlgorithm::Es256).await?;
        Ok(realm)
    }
}
