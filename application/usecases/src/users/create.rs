//! Making a person. Their password is hashed and their own key sealed before the unit opens.

use gatelodge_domain::attribute::Attributes;
use gatelodge_domain::user::{
    PasswordChange, Profile, ProfileClaim, SubjectId, UserStatus, Verification,
};
use gatelodge_domain::{
    AuditAction, Email, Id, Password, PasswordCredential, Revision, User, Username,
};
use gatelodge_ports::store::Change;

use super::AdministerUsers;
use crate::admin::{AdminError, Permit, UsersWrite, Work};
use crate::passwords::{Whose, password_cost};

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
    /// What the realm keeps of them beyond that.
    pub attributes: Attributes,
    /// Their password; without one they cannot sign in yet.
    pub password: Option<Password>,
    /// Whether they must choose another one at their first sign-in.
    pub password_change: PasswordChange,
}

impl AdministerUsers {
    /// Makes a person who may sign in at once.
    pub async fn create(
        &self,
        permit: &Permit<UsersWrite>,
        new: NewUser,
    ) -> Result<User, AdminError> {
        let foundation = &self.foundation;
        // Somebody new is in no group yet.
        permit.reach_realm(foundation).await?;
        let realm = permit.realm_id();
        self.check_attributes(permit, &new.attributes).await?;
        let hash = match &new.password {
            Some(password) => {
                let whose = Whose {
                    user: None,
                    username: new.username.as_str(),
                    email: new.email.as_ref().map(Email::as_str),
                    name: new.profile.get(ProfileClaim::Name),
                };
                let rules = self.passwords.rules();
                rules.check(&permit.realm().realm, &whose, password).await?;
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
            email_verification: new.email_verification.of(new.email.as_ref()),
            email: new.email,
            profile: new.profile,
            attributes: new.attributes,
            status: UserStatus::Active,
            password_change: new.password_change,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        };
        let subject_key = foundation.recorder.new_subject_key(realm, id)?;
        let entry = permit.done(AuditAction::UserCreated).on("user", id);
        let event = permit.event(foundation, entry, now).await?;
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
