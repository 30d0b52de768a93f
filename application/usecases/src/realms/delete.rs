//! Deleting a realm: it is marked, answers nothing from then on, and is swept in batches.

use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::{AuditAction, Revision};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerRealms;
use crate::ErrorCode;
use crate::admin::{AdminError, Permit, RealmsWrite, Refusal, Work};

impl AdministerRealms {
    /// Marks a realm for removal, where its revision is still that one if one is named.
    pub async fn delete(
        &self,
        permit: &Permit<RealmsWrite>,
        revision: Option<Revision>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let realm = permit.realm().realm.clone();
        Refusal::if_changed(realm.revision, revision)?;
        let marked = realm
            .delete(now)
            .map_err(|refusal| Refusal::new(ErrorCode::Protected, refusal.to_string()))?;
        let entry = permit
            .done(AuditAction::RealmDeleted)
            .on("realm", marked.id)
            .with(json!({ "slug": marked.slug.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        work.unit.realms().update(&marked).await?;
        work.raise(marked.id, WatermarkOwner::Realm).await?;
        work.note(Change::Realm(marked.id)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }
}
