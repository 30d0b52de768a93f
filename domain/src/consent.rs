//! What is remembered of a user's yes.

use crate::{Client, Id, Realm, ScopeSet, Timestamp, User};

/// A remembered yes of one person to one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The realm.
    pub realm: Id<Realm>,
    /// Who agreed.
    pub user: Id<User>,
    /// To whom.
    pub client: Id<Client>,
    /// To what.
    pub scopes: ScopeSet,
    /// When they first agreed.
    pub created_at: Timestamp,
    /// When they last agreed.
    pub updated_at: Timestamp,
}
