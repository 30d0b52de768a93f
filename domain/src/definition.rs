//! What a realm says of its scopes and permissions: both are names that stand in clients, roles
//! and tokens, and work there without being defined. A definition describes the name, says which
//! API it belongs to, and, of a scope, what a person must hold to be granted it.

use std::collections::BTreeSet;

use crate::api::{Api, Listing};
use crate::role::Protection;
use crate::{DisplayName, Id, Permission, Realm, Revision, Scope, Timestamp};

/// A scope as its realm defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeDefinition {
    /// Row id.
    pub id: Id<ScopeDefinition>,
    /// The realm.
    pub realm: Id<Realm>,
    /// The scope; unique in the realm, and never another one later.
    pub name: Scope,
    /// What the consent page says of it.
    pub description: Option<DisplayName>,
    /// The API it belongs to.
    pub api: Option<Id<Api>>,
    /// What a subject must hold, all of it, for the scope to be granted: the last part of
    /// granted = requested ∩ client ∩ user.
    pub requires: BTreeSet<Permission>,
    /// Whether `scopes_supported` names it.
    pub listing: Listing,
    /// Whether it may be changed or removed.
    pub protection: Protection,
    /// How often the row changed.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ScopeDefinition {
    /// The most permissions that one scope may require.
    pub const MAX_REQUIRED: usize = 64;
}

/// A permission as its realm describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionDefinition {
    /// Row id.
    pub id: Id<PermissionDefinition>,
    /// The realm.
    pub realm: Id<Realm>,
    /// The permission; unique in the realm, and never another one later.
    pub name: Permission,
    /// What it allows, for people.
    pub description: Option<DisplayName>,
    /// The API it belongs to.
    pub api: Option<Id<Api>>,
    /// Whether it may be changed or removed.
    pub protection: Protection,
    /// How often the row changed.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
}
