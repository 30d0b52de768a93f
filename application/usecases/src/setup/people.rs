//! Making a person with a password, for the ways in that need no administrator.

use std::sync::Arc;

use gatelodge_domain::attribute::Attributes;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::user::{
    PasswordChange, Profile, ProfileClaim, SubjectId, UserStatus, Verification,
};
use gatelodge_domain::{
    DisplayName, Email, Id, Password, PasswordCredential, PasswordHash, Realm, Revision, Timestamp,
    User, Username,
};
use gatelodge_ports::{StoreError, UnitOfWork};

use super::built_in::ADMINISTRATOR_ROLE;
use crate::passwords::{PasswordError, PasswordRules, Whose, password_cost};
use crate::{Failure, Foundation};

/// A person who is not stored yet.
pub(super) struct NewPerson {
    pub(super) user: User,
    pub(super) credential: PasswordCredential,
    /// The sealed key of their personal data in the trail.
    pub(super) subject_key: Vec<u8>,
}

/// The name of the role that allows everything.
pub(super) fn administrator_role_name() -> Result<RoleName, Failure> {
    RoleName::parse(ADMINISTRATOR_ROLE).map_err(|error| Failure::Broken(error.into()))
}

impl NewPerson {
    /// An active person; the password is hashed already, because no unit may wait for that.
    pub(super) fn new(
        foundation: &Foundation,
        realm: Id<Realm>,
        username: Username,
        display_name: Option<&DisplayName>,
        hash: PasswordHash,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let id: Id<User> = foundation.rng.id(now);
        let mut profile = Profile::default();
        if let Some(name) = display_name {
            profile
                .set(ProfileClaim::Name, name.as_str())
                .map_err(|error| Failure::Broken(error.into()))?;
        }
        Ok(Self {
            subject_key: foundation.recorder.new_subject_key(realm, id)?,
            user: User {
                id,
                realm,
                subject: SubjectId::from_random(foundation.rng.bytes()),
                username,
                email: None,
                email_verification: Verification::Unverified,
                profile,
                attributes: Attributes::default(),
                status: UserStatus::Active,
                password_change: PasswordChange::Free,
                revision: Revision::FIRST,
                created_at: now,
                updated_at: now,
            },
            credential: PasswordCredential {
                realm,
                user: id,
                hash,
                changed_at: now,
                revision: Revision::FIRST,
            },
        })
    }

    /// With a mail address.
    pub(super) fn with_email(mut self, email: Email, proved: Verification) -> Self {
        self.user.email = Some(email);
        self.user.email_verification = proved;
        self
    }

    pub(super) async fn insert(&self, unit: &mut (dyn UnitOfWork + '_)) -> Result<(), StoreError> {
        let (realm, id) = (self.user.realm, self.user.id);
        unit.users().insert(&self.user).await?;
        unit.passwords().put(&self.credential).await?;
        unit.subject_keys()
            .insert(realm, id, &self.subject_key)
            .await
    }
}

/// The hash of a new person's password at the realm's cost, where the realm takes it.
pub(super) async fn hash(
    foundation: &Arc<Foundation>,
    realm: &Realm,
    whose: &Whose<'_>,
    password: &Password,
) -> Result<PasswordHash, PasswordError> {
    let rules = PasswordRules::new(foundation.clone());
    rules.check(realm, whose, password).await?;
    let cost = password_cost(&realm.settings);
    Ok(foundation.hasher.hash(password, cost).await?)
}
