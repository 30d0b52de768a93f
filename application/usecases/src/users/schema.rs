//! What a realm keeps of its people beyond the standard claims. Changing it touches nobody: a
//! person's attributes are asked against it the next time they are written.

use gatelodge_domain::attribute::UserSchema;
use gatelodge_domain::{AuditAction, Realm, Revision};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerUsers;
use crate::admin::{AdminError, Permit, RealmsWrite, Refusal, Work};

impl AdministerUsers {
    /// Replaces the schema of a realm whose revision is still that one.
    pub async fn set_schema(
        &self,
        permit: &Permit<RealmsWrite>,
        revision: Revision,
        schema: UserSchema,
    ) -> Result<Realm, AdminError> {
        let foundation = &self.foundation;
        let mut realm = permit.realm().realm.clone();
        Refusal::if_changed(realm.revision, revision)?;
        realm.user_schema = schema;
        let now = foundation.clock.now();
        let names: Vec<&str> = realm
            .user_schema
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let entry = permit
            .done(AuditAction::RealmUpdated)
            .on("realm", realm.id)
            .with(json!({ "user_schema": names }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let realm = work.unit.realms().update(&realm).await?;
        work.note(Change::Realm(realm.id)).await?;
        work.commit(&[event]).await?;
        Ok(realm)
    }
}
