//! What a person can prove who they are with, without any of it; and where they are signed in.

use gatelodge_domain::user::PasswordChange;
use gatelodge_domain::{AuditAction, Id, PasswordCredential, User};
use gatelodge_ports::hasher::HashKind;
use gatelodge_ports::store::Change;

use super::AdministerUsers;
use super::administer::sign_out_everywhere;
use crate::admin::{AdminError, Permit, Refusal, SessionsWrite, UsersRead, UsersWrite, Work};

/// What is told of a person's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordFacts {
    /// The stored credential.
    pub credential: PasswordCredential,
    /// How it is hashed; other than `argon2id` it was imported and not used since.
    pub kind: HashKind,
    /// Whether they must choose another one.
    pub change: PasswordChange,
}

impl AdministerUsers {
    /// A person's password, where they have one.
    pub async fn password_facts(
        &self,
        permit: &Permit<UsersRead>,
        id: Id<User>,
    ) -> Result<Option<PasswordFacts>, AdminError> {
        let user = self.find(permit, id).await?;
        let mut view = self.foundation.store.read().await?;
        let found = view.passwords().find(permit.realm_id(), id).await?;
        Ok(found.map(|credential| PasswordFacts {
            kind: self.foundation.hasher.kind(&credential.hash),
            change: user.password_change,
            credential,
        }))
    }

    /// Removes a person's password: they are signed out, and cannot sign in by one until they
    /// get another.
    pub async fn remove_password(
        &self,
        permit: &Permit<UsersWrite>,
        id: Id<User>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        self.get_to_change(permit, id).await?;
        let now = foundation.clock.now();
        let entry = permit.done(AuditAction::PasswordRemoved).on("user", id);
        let event = permit.event(foundation, entry, now).await?;
        let realm = permit.realm_id();
        let mut work = Work::open(foundation, now).await?;
        if !work.unit.passwords().remove(realm, id).await? {
            return Err(Refusal::not_found("the user has no password").into());
        }
        sign_out_everywhere(&mut work, realm, id).await?;
        work.note(Change::User(realm, id)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    /// Ends every session and refresh family of a person and voids their access tokens.
    pub async fn sign_out(
        &self,
        permit: &Permit<SessionsWrite>,
        id: Id<User>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        self.find(permit, id).await?;
        let now = foundation.clock.now();
        let entry = permit.done(AuditAction::SignedOutEverywhere).on("user", id);
        let event = permit.event(foundation, entry, now).await?;
        let realm = permit.realm_id();
        let mut work = Work::open(foundation, now).await?;
        sign_out_everywhere(&mut work, realm, id).await?;
        work.commit(&[event]).await?;
        Ok(())
    }
}
