//! Roles, permissions and groups of a realm.

use std::collections::BTreeSet;

use crate::{DisplayName, Id, Realm, Revision, Timestamp};

/// A right by name, like `users:read`; 1 to 128 characters of `[a-z0-9._:/-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission(String);

/// Why a text names no permission or role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use 1 to 128 characters of a-z, 0-9, `.`, `_`, `:`, `/` and `-`")]
pub struct InvalidRightName;

fn right_name(text: &str) -> Result<String, InvalidRightName> {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._:/-".contains(&byte);
    if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(InvalidRightName)
    }
}

impl Permission {
    /// The permission of that name.
    pub fn parse(text: &str) -> Result<Self, InvalidRightName> {
        right_name(text).map(Self)
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A role's name, as tokens carry it; same alphabet as a permission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(String);

impl RoleName {
    /// The role name in that text.
    pub fn parse(text: &str) -> Result<Self, InvalidRightName> {
        right_name(text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A bundle of permissions that people, groups and clients can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Row id.
    pub id: Id<Role>,
    /// The realm.
    pub realm: Id<Realm>,
    /// Its name.
    pub name: RoleName,
    /// What people see.
    pub display_name: DisplayName,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// Whether it may be changed or removed.
    pub protection: Protection,
    /// What it asks of who holds it.
    pub second_factor: SecondFactorRule,
    /// How often the row changed.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether a role asks for a second factor of who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecondFactorRule {
    /// It leaves that to the realm.
    #[default]
    AsUsual,
    /// From the next sign-in on, its holders prove one.
    Required,
}

/// Whether a row is Gatelodge's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protection {
    /// An administrator made it and may remove it.
    #[default]
    None,
    /// Gatelodge needs it.
    BuiltIn,
}

/// A named set of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Row id.
    pub id: Id<Group>,
    /// The realm.
    pub realm: Id<Realm>,
    /// Its name, as tokens carry it.
    pub name: RoleName,
    /// What people see.
    pub display_name: DisplayName,
    /// How often the row changed.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
}
