//! Setting a person's password. Whoever knew the old one is signed out.

use gatelodge_domain::{AuditAction, Id, Password, PasswordCredential, Revision, User};
use gatelodge_ports::store::Change;

use super::AdministerUsers;
use super::administer::{password_cost, sign_out_everywhere};
use crate::admin::{AdminError, Permit, UsersWrite, Work};

impl AdministerUsers {
    /// Sets or replaces a password, ends the person's sessions and voids their access tokens.
    pub async fn set_password(
        &self,
        permit: &Permit<UsersWrite>,
        id: Id<User>,
        password: &Password,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        self.get_to_change(permit, id).await?;
        let cost = password_cost(permit.settings());
        let hash = foundation.hasher.hash(password, cost).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = permit.done(AuditAction::PasswordChanged).on("user", id);
        let event = foundation
            .recorder
            .event(entry, permit.request(), now)
            .await?;
        let credential = PasswordCredential {
            realm,
            user: id,
            hash,
            changed_at: now,
            revision: Revision::FIRST,
        };
        let mut work = Work::open(foundation, now).await?;
        work.unit.passwords().put(&credential).await?;
        sign_out_everywhere(&mut work, realm, id).await?;
        work.note(Change::User(realm, id)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }
}
