//! A realm: an isolation shard with its own users, clients, keys and issuer.

use crate::attribute::UserSchema;
use crate::{DisplayName, Id, RealmSlug, Revision, Settings, Timestamp};

/// An isolation shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Realm {
    /// Row id.
    pub id: Id<Realm>,
    /// Its immutable name in URLs.
    pub slug: RealmSlug,
    /// What people see.
    pub name: DisplayName,
    /// Whether it serves.
    pub status: RealmStatus,
    /// What it sets for itself.
    pub settings: Settings,
    /// What it keeps of its people beyond the standard claims.
    pub user_schema: UserSchema,
    /// How often it changed.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether a realm serves. Deletion is marked at once and swept in batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealmStatus {
    /// It serves.
    Active,
    /// It is closed, its rows are kept.
    Disabled {
        /// Since when.
        since: Timestamp,
    },
    /// It is gone for everybody; its rows are being removed.
    Deleting {
        /// Since when.
        since: Timestamp,
    },
}

/// Why a realm cannot be deleted or disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the built-in realms `default` and `system` cannot be deleted or disabled")]
pub struct BuiltInRealm;

impl Realm {
    /// Whether its endpoints answer.
    pub const fn serves(&self) -> bool {
        matches!(self.status, RealmStatus::Active)
    }

    /// Marks the realm for removal; nothing in it answers from then on.
    pub fn delete(mut self, now: Timestamp) -> Result<Self, BuiltInRealm> {
        if self.slug.is_reserved() {
            return Err(BuiltInRealm);
        }
        self.status = RealmStatus::Deleting { since: now };
        Ok(self)
    }
}
