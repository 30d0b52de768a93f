//! Deleting a person: their rows go, and their own key with them, so that whatever identifies
//! them in the audit trail can never be read again, although no stored event changes.

use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::{AuditAction, Id, Revision, User};
use gatelodge_ports::store::Change;

use super::AdministerUsers;
use super::administer::no_user;
use super::last_administrator::LastAdministrator;
use crate::admin::{AdminError, Permit, Refusal, UsersWrite, Work};

impl AdministerUsers {
    /// Deletes a person, where their revision is still that one if one is named. The last
    /// administrator cannot be deleted.
    pub async fn delete(
        &self,
        permit: &Permit<UsersWrite>,
        id: Id<User>,
        revision: Option<Revision>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        // Whoever is gone is out of everybody's sight, also of those who may act for the realm.
        permit.reach_realm(foundation).await?;
        let now = foundation.clock.now();
        let user = self.get_to_change(permit, id).await?;
        Refusal::if_changed(user.revision, revision)?;
        let entry = permit.done(AuditAction::UserDeleted).on("user", id);
        let event = permit.event(foundation, entry, now).await?;
        let realm = permit.realm_id();
        let mut work = Work::open(foundation, now).await?;
        let guard = LastAdministrator::watch(&mut work, permit).await?;
        if !work.unit.users().remove(realm, id).await? {
            return Err(no_user().into());
        }
        // Part of the removal by its contract; said again, because forgetting depends on it.
        work.unit.subject_keys().destroy(realm, id).await?;
        guard.check(&mut work).await?;
        work.raise(realm, WatermarkOwner::User(id)).await?;
        work.note(Change::User(realm, id)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }
}
