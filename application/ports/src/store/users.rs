//! People and their passwords.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::user::SubjectId;
use gatelodge_domain::{Group, Id, PasswordCredential, PasswordHash, Realm, Timestamp, User};

use super::{Listed, PageRequest};
use crate::StoreError;

/// Which people to list; all conditions hold together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// Exactly this canonical user name.
    pub username_key: Option<String>,
    /// Canonical user names that begin with this canonical text.
    pub username_prefix: Option<String>,
    /// Exactly this canonical mail address.
    pub email_key: Option<String>,
    /// Canonical mail addresses that begin with this canonical text.
    pub email_prefix: Option<String>,
    /// Only those whose id was made then or later.
    pub made_from: Option<Timestamp>,
    /// Only those whose id was made before then.
    pub made_before: Option<Timestamp>,
    /// Only those with that kind of status: `active`, `invited`, `deactivated`, `suspended`,
    /// `pending_deletion`.
    pub status: Option<&'static str>,
    /// Only people who are in one of these groups.
    pub groups: Option<BTreeSet<Id<Group>>>,
}

/// In which order people are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOrder {
    /// The youngest id first.
    YoungestFirst,
    /// By canonical user name, as bytes.
    Username,
    /// The same backwards.
    UsernameBackwards,
}

/// A page in an order of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The order.
    pub order: UserOrder,
    /// The last of the page before.
    pub after: Option<UserPlace>,
    /// How many at most.
    pub limit: u16,
}

/// Where a page ended. A place outlives the person who was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserPlace {
    /// In an order by id.
    Id(Id<User>),
    /// In an order by canonical user name.
    Username(String),
}

/// Reads people.
#[async_trait]
pub trait FindUsers: Send {
    /// By row id.
    async fn find(&mut self, realm: Id<Realm>, id: Id<User>) -> Result<Option<User>, StoreError>;

    /// By canonical user name ([`gatelodge_domain::Username::key`]).
    async fn find_by_username(
        &mut self,
        realm: Id<Realm>,
        key: &str,
    ) -> Result<Option<User>, StoreError>;

    /// By canonical mail address.
    async fn find_by_email(
        &mut self,
        realm: Id<Realm>,
        key: &str,
    ) -> Result<Option<User>, StoreError>;

    /// By subject; only the subject service may ask.
    async fn find_by_subject(
        &mut self,
        realm: Id<Realm>,
        subject: &SubjectId,
    ) -> Result<Option<User>, StoreError>;

    /// A page, by row id.
    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: PageRequest<User>,
    ) -> Result<Listed<User>, StoreError>;

    /// A page in another order. In an order by name, of the filter only `username_prefix` and
    /// `groups` may be set, and in the order of the youngest neither prefix: nothing else is
    /// found without reading everybody.
    async fn list_in_order(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: UserPage,
    ) -> Result<Listed<User>, StoreError>;
}

/// Writes people.
#[async_trait]
pub trait Users: FindUsers {
    /// Adds one; `Duplicate(Username)` or `Duplicate(Email)` when taken.
    async fn insert(&mut self, user: &User) -> Result<(), StoreError>;

    /// Writes all but id, realm, subject and `created_at` where the stored revision is
    /// `user.revision`, and counts it up; `Stale` otherwise.
    async fn update(&mut self, user: &User) -> Result<User, StoreError>;

    /// Removes the person and all that is theirs (password, sessions, grants, consents,
    /// families, tickets, role holdings, subject key, earlier passwords). False when there was none.
    async fn remove(&mut self, realm: Id<Realm>, id: Id<User>) -> Result<bool, StoreError>;
}

/// Reads passwords.
#[async_trait]
pub trait FindPasswords: Send {
    /// A person's password credential.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Option<PasswordCredential>, StoreError>;

    /// The hashes that were remembered of a person's earlier passwords, youngest first, at most
    /// so many.
    async fn history(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        limit: u16,
    ) -> Result<Vec<PasswordHash>, StoreError>;
}

/// Writes passwords.
#[async_trait]
pub trait Passwords: FindPasswords {
    /// Adds or replaces a person's password.
    async fn put(&mut self, credential: &PasswordCredential) -> Result<(), StoreError>;

    /// Replaces the hash, and nothing else, where the stored revision is still that of
    /// `credential`, and counts it up; `Stale` otherwise (the password was changed meanwhile).
    async fn rehash(&mut self, credential: &PasswordCredential) -> Result<(), StoreError>;

    /// Remembers that stored credential, which is about to be replaced, as the youngest of the
    /// person's earlier ones, and forgets all but the `keep` youngest. Remembering one again
    /// changes nothing.
    async fn remember(
        &mut self,
        credential: &PasswordCredential,
        keep: u16,
    ) -> Result<(), StoreError>;

    /// Removes a person's password and what is remembered of earlier ones. False when there was
    /// none.
    async fn remove(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<bool, StoreError>;
}
