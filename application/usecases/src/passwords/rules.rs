//! What a realm takes as a new password (NIST SP 800-63B §3.1.1.2): a length, a strength, not on
//! the operator's list, not one that was used before. No rules of composition.

use std::sync::Arc;

use gatelodge_domain::password::InvalidPassword;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::user::ProfileClaim;
use gatelodge_domain::{Id, Password, PasswordHash, Realm, Setting, User};
use gatelodge_ports::hasher::Verdict;
use gatelodge_ports::{HasherError, StoreError};

use super::password_cost;
use crate::admin::{AdminError, Refusal};
use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// Why a text is not taken as a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// It has too few characters.
    #[error("a password has at least {minimum} characters here")]
    TooShort {
        /// How many it must have.
        minimum: u32,
    },
    /// It has more characters than are hashed with care.
    #[error("a password has at most 256 characters")]
    TooLong,
    /// The operator's list has it.
    #[error("this password is on a list of passwords that are guessed first")]
    Listed,
    /// It is guessed too soon.
    #[error("this password is too easy to guess; a few unusual words make a good one")]
    Weak,
    /// The person had it before, or has it.
    #[error("this password was used before")]
    UsedBefore,
}

impl PasswordRefused {
    /// A stable word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong => "too_long",
            Self::Listed => "listed",
            Self::Weak => "weak",
            Self::UsedBefore => "used_before",
        }
    }

    /// The sentence for where only fixed ones may be told.
    pub const fn description(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "the password is too short",
            Self::TooLong => "a password has at most 256 characters",
            Self::Listed => "this password is on a list of passwords that are guessed first",
            Self::Weak => "this password is too easy to guess; a few unusual words make a good one",
            Self::UsedBefore => "this password was used before",
        }
    }
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The realm does not take it.
    #[error("{0}")]
    Refused(#[from] PasswordRefused),
    /// It could not be tried.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<StoreError> for PasswordError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<HasherError> for PasswordError {
    fn from(error: HasherError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<PasswordError> for AdminError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Refused(refused) => {
                Refusal::field("password", refused.to_string()).into()
            }
            PasswordError::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Refused(refused) => {
                Self::Denied(Denial::new(ErrorCode::InvalidField, refused.description()))
            }
            PasswordError::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// Whose password it is to be: what a guesser knows of them.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// The person, where they exist; their earlier passwords count then.
    pub user: Option<Id<User>>,
    /// What they sign in with.
    pub username: &'a str,
    /// Their mail address.
    pub email: Option<&'a str>,
    /// Their name.
    pub name: Option<&'a str>,
}

impl<'a> Whose<'a> {
    /// A person who exists.
    pub fn of(user: &'a User) -> Self {
        Self {
            user: Some(user.id),
            username: user.username.as_str(),
            email: user.email.as_ref().map(gatelodge_domain::Email::as_str),
            name: user.profile.get(ProfileClaim::Name),
        }
    }
}

/// What a realm takes as a new password.
pub struct PasswordRules {
    foundation: Arc<Foundation>,
}

impl PasswordRules {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// What was typed as a new password, where its length is one that any realm takes.
    pub fn parse(realm: &Realm, typed: &str) -> Result<Password, PasswordRefused> {
        let minimum = value(realm, Setting::PasswordMinLength);
        Password::parse(typed).map_err(|error| match error {
            InvalidPassword::TooShort => PasswordRefused::TooShort { minimum },
            InvalidPassword::TooLong => PasswordRefused::TooLong,
        })
    }

    /// Whether the realm takes a password as a new one of theirs. Comparing it with earlier ones
    /// costs a hash job for each, so this belongs before any unit, and behind whatever keeps
    /// strangers out.
    pub async fn check(
        &self,
        realm: &Realm,
        whose: &Whose<'_>,
        password: &Password,
    ) -> Result<(), PasswordError> {
        let minimum = value(realm, Setting::PasswordMinLength);
        let length = password.expose().chars().count();
        if u32::try_from(length).unwrap_or(u32::MAX) < minimum {
            return Err(PasswordRefused::TooShort { minimum }.into());
        }
        let strength = &self.foundation.strength;
        if strength.is_listed(password) {
            return Err(PasswordRefused::Listed.into());
        }
        let least = value(realm, Setting::PasswordMinScore);
        let known = known(realm, whose);
        if least > 0 && u32::from(strength.score(password, &known)) < least {
            return Err(PasswordRefused::Weak.into());
        }
        self.compare_with_earlier(realm, whose, password).await
    }

    /// Refuses the password that the person has now, whatever the realm remembers: for who must
    /// choose another one.
    pub async fn differs_from_present(
        &self,
        realm: &Realm,
        user: Id<User>,
        password: &Password,
    ) -> Result<(), PasswordError> {
        let present = self.earlier(realm.id, user, 0).await?;
        self.differs(realm, &present, password).await
    }

    async fn compare_with_earlier(
        &self,
        realm: &Realm,
        whose: &Whose<'_>,
        password: &Password,
    ) -> Result<(), PasswordError> {
        let count = value(realm, Setting::PasswordHistory);
        let (Some(user), Some(before)) = (whose.user, count.checked_sub(1)) else {
            return Ok(());
        };
        let earlier = self.earlier(realm.id, user, before).await?;
        self.differs(realm, &earlier, password).await
    }

    async fn differs(
        &self,
        realm: &Realm,
        earlier: &[PasswordHash],
        password: &Password,
    ) -> Result<(), PasswordError> {
        let cost = password_cost(&realm.settings);
        for hash in earlier {
            let compared = self
                .foundation
                .hasher
                .verify(password, Some(hash), cost)
                .await?;
            if compared.verdict != Verdict::Mismatch {
                return Err(PasswordRefused::UsedBefore.into());
            }
        }
        Ok(())
    }

    /// The present hash and so many before it.
    async fn earlier(
        &self,
        realm: Id<Realm>,
        user: Id<User>,
        before: u32,
    ) -> Result<Vec<PasswordHash>, StoreError> {
        let mut view = self.foundation.store.read().await?;
        let present = view.passwords().find(realm, user).await?;
        let mut hashes: Vec<PasswordHash> = present.into_iter().map(|it| it.hash).collect();
        let before = u16::try_from(before).unwrap_or(u16::MAX);
        if before > 0 {
            hashes.extend(view.passwords().history(realm, user, before).await?);
        }
        Ok(hashes)
    }
}

fn value(realm: &Realm, setting: Setting) -> u32 {
    Layers(&[&realm.settings]).value(setting)
}

/// What a guesser would try first.
fn known<'a>(realm: &'a Realm, whose: &Whose<'a>) -> Vec<&'a str> {
    let mut known = vec![whose.username, realm.name.as_str(), realm.slug.as_str()];
    if let Some(email) = whose.email {
        known.push(email);
        known.extend(email.split(['@', '.', '+', '-', '_']));
    }
    if let Some(name) = whose.name {
        known.push(name);
        known.extend(name.split_whitespace());
    }
    known.extend(whose.username.split(['@', '.', '+', '-', '_']));
    known.retain(|text| text.chars().count() > 2);
    known
}
