//! Making a person. Their password is hashed and their own key sealed before the unit opens.

use gatelodge_domain::user::{Profile, SubjectId, UserStatus, Verification};
use gatelodge_domain::{
    AuditAction, Email, Id, Password, PasswordCredential, Revision, User, Username,
};
use gatelodge_ports::store::Change;

use super::AdministerUsers;
use super::administer::password_cost;
use crate::admin::{AdminError, Permit, UsersWrite, Work};

/// What a new person is.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What they sign in with.
    pub username: Username,
    /// Their mail address.
    pub email: Option<Email>,
    /// Whether somebody proved that it is theirs.
    pub email_verification: Verification,
    /// Standard claims.
    pub profile: Profile,
    /// Their password; without one they cannot sign in yet.
    pub password: Option<Password>,
}

impl AdministerUsers {
    /// Makes a person who may sign in at once.
    pub async fn create(
        &self,
        permit: &Permit<UsersWrite>,
        new: NewUser,
    ) -> Result<User, AdminError> {
        let foundation = &self.foundation;
        let realm = permit.realm_id();
        let hash = match &new.password {
            Some(password) => {
                let cost = password_cost(permit.settings());
                Some(foundation.hasher.hash(password, cost).await?)
            }
            None => None,
        };
        let now = foundation.clock.now();
        let id: Id<User> = foundation.rng.id(now);
        let user = User {
            id,
            realm,
            subject: SubjectId::from_random(foundation.rng.bytes()),
            username: new.username,
            email: new.email,
            email_verification: new.email_verification,
            profile: new.profile,
            status: UserStatus::Active,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        };
        let subject_key = foundation.recorder.new_subject_key(realm, id)?;
        let entry = permit.done(AuditAction::UserCreated).on("user", id);
        let event = foundation
            .recorder
            .event(entry, permit.request(), now)
            .await?;
        let mut work = Work::open(foundation, now).await?;
        work.unit.users().insert(&user).await?;
        work.unit
            .subject_keys()
            .insert(realm, id, &subject_key)
            .await?;
        if let Some(hash) = hash {
            let credential = PasswordCredential {
                realm,
                user: id,
                hash,
                changed_at: now,
                revision: Revision::FIRST,
            };
            work.unit.passwords().put(&credential).await?;
        }
        work.note(Change::User(realm, id)).await?;
        work.commit(&[event]).await?;
        Ok(user)
    }
}
