//! A person with an account in a realm.

use std::collections::BTreeMap;

use crate::attribute::Attributes;
use crate::{Email, Id, Realm, Revision, Timestamp, Username};

/// The text that tokens carry as `sub`: `u_` and 26 base32 characters.
///
/// It is stored, and only the subject service computes or resolves it, so that pairwise
/// subjects (OpenID Connect Core §8.1) can come without a hunt through the code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId(String);

/// Why a text is no subject identifier of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user's subject identifier is `u_` and 26 base32 characters")]
pub struct InvalidSubjectId;

impl SubjectId {
    /// A new identifier from 16 random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(format!("u_{}", crate::id::base32(&random)))
    }

    /// The identifier in that text.
    pub fn parse(text: &str) -> Result<Self, InvalidSubjectId> {
        let body = text.strip_prefix("u_").ok_or(InvalidSubjectId)?;
        let base32 = |byte: u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
        if body.len() == 26 && body.bytes().all(base32) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSubjectId)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An end user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Row id.
    pub id: Id<User>,
    /// The realm they belong to.
    pub realm: Id<Realm>,
    /// Their public subject.
    pub subject: SubjectId,
    /// What they sign in with.
    pub username: Username,
    /// Their mail address, if known.
    pub email: Option<Email>,
    /// Whether somebody proved that the address is theirs.
    pub email_verification: Verification,
    /// Standard claims about them (OpenID Connect Core §5.1).
    pub profile: Profile,
    /// What the realm keeps of them beyond that, under its own schema.
    pub attributes: Attributes,
    /// Whether they may sign in.
    pub status: UserStatus,
    /// Whether they must choose another password before anything else.
    pub password_change: PasswordChange,
    /// How often the row changed.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Whether a claim has been proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verification {
    /// It was proved.
    Verified,
    /// It was only said.
    #[default]
    Unverified,
}

impl Verification {
    /// The same of that address: nobody proved one that is not there.
    #[must_use]
    pub const fn of(self, email: Option<&Email>) -> Self {
        match email {
            Some(_) => self,
            None => Self::Unverified,
        }
    }
}

/// Whether a person must choose another password at their next sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PasswordChange {
    /// They may keep the one they have.
    #[default]
    Free,
    /// An administrator knows it, or wants it changed: no token before they chose another.
    Required,
}

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    /// May sign in.
    Active,
    /// Was invited and has not accepted yet.
    Invited,
    /// Was switched off by an administrator.
    Deactivated {
        /// Since when.
        since: Timestamp,
    },
    /// Is shut out for a while.
    Suspended {
        /// Until when.
        until: Timestamp,
    },
    /// Is being removed.
    PendingDeletion {
        /// Since when.
        since: Timestamp,
    },
}

/// Why an account may not sign in. Never shown to the person: all failures look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotAuthenticate {
    /// Invited, not accepted.
    #[error("the invitation has not been accepted")]
    Invited,
    /// Switched off.
    #[error("the account is deactivated")]
    Deactivated,
    /// Shut out for a while.
    #[error("the account is suspended")]
    Suspended,
    /// Being removed.
    #[error("the account is being deleted")]
    PendingDeletion,
}

impl User {
    /// The one gate that every road to a session or token asks.
    pub fn can_authenticate(&self, now: Timestamp) -> Result<(), CannotAuthenticate> {
        match self.status {
            UserStatus::Active => Ok(()),
            UserStatus::Suspended { until } if until <= now => Ok(()),
            UserStatus::Suspended { .. } => Err(CannotAuthenticate::Suspended),
            UserStatus::Invited => Err(CannotAuthenticate::Invited),
            UserStatus::Deactivated { .. } => Err(CannotAuthenticate::Deactivated),
            UserStatus::PendingDeletion { .. } => Err(CannotAuthenticate::PendingDeletion),
        }
    }
}

/// A standard claim that a realm stores as text (OpenID Connect Core §5.1, scope `profile`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProfileClaim {
    /// `name`
    Name,
    /// `given_name`
    GivenName,
    /// `family_name`
    FamilyName,
    /// `middle_name`
    MiddleName,
    /// `nickname`
    Nickname,
    /// `profile`
    Profile,
    /// `picture`
    Picture,
    /// `website`
    Website,
    /// `gender`
    Gender,
    /// `birthdate`
    Birthdate,
    /// `zoneinfo`
    Zoneinfo,
    /// `locale`
    Locale,
}

impl ProfileClaim {
    /// Every claim, in the specification's order.
    pub const ALL: [Self; 12] = [
        Self::Name,
        Self::GivenName,
        Self::FamilyName,
        Self::MiddleName,
        Self::Nickname,
        Self::Profile,
        Self::Picture,
        Self::Website,
        Self::Gender,
        Self::Birthdate,
        Self::Zoneinfo,
        Self::Locale,
    ];

    /// The claim's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::MiddleName => "middle_name",
            Self::Nickname => "nickname",
            Self::Profile => "profile",
            Self::Picture => "picture",
            Self::Website => "website",
            Self::Gender => "gender",
            Self::Birthdate => "birthdate",
            Self::Zoneinfo => "zoneinfo",
            Self::Locale => "locale",
        }
    }

    /// The claim of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|claim| claim.as_str() == name)
    }
}

/// Why a profile claim was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a profile claim has 1 to 500 characters and no control characters")]
pub struct InvalidProfileClaim;

/// Standard claims about a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile(BTreeMap<ProfileClaim, String>);

impl Profile {
    /// Sets one claim.
    pub fn set(&mut self, claim: ProfileClaim, value: &str) -> Result<(), InvalidProfileClaim> {
        let length = value.chars().count();
        if length == 0 || length > 500 || value.chars().any(char::is_control) {
            return Err(InvalidProfileClaim);
        }
        self.0.insert(claim, value.to_owned());
        Ok(())
    }

    /// Forgets one claim.
    pub fn unset(&mut self, claim: ProfileClaim) {
        self.0.remove(&claim);
    }

    /// One claim.
    pub fn get(&self, claim: ProfileClaim) -> Option<&str> {
        self.0.get(&claim).map(String::as_str)
    }

    /// What is known.
    pub fn iter(&self) -> impl Iterator<Item = (ProfileClaim, &str)> + '_ {
        self.0.iter().map(|(claim, value)| (*claim, value.as_str()))
    }
}
