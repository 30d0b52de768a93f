//! People and their passwords.

use async_trait::async_trait;
use gatelodge_domain::user::SubjectId;
use gatelodge_domain::{Id, PasswordCredential, Realm, User};

use super::{Listed, PageRequest};
use crate::StoreError;

/// Which people to list; all conditions hold together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// Canonical user names that begin with this canonical text.
    pub username_prefix: Option<String>,
    /// Exactly this canonical mail address.
    pub email_key: Option<String>,
    /// Only those with that kind of status: `active`, `invited`, `deactivated`, `suspended`,
    /// `pending_deletion`.
    pub status: Option<&'static str>,
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
    /// families, tickets, role holdings, subject key). False when there was none.
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
}

/// Writes passwords.
#[async_trait]
pub trait Passwords: FindPasswords {
    /// Adds or replaces a person's password.
    async fn put(&mut self, credential: &PasswordCredential) -> Result<(), StoreError>;

    /// Replaces the hash, and nothing else, where the stored revision is still that of
    /// `credential`, and counts it up; `Stale` otherwise (the password was changed meanwhile).
    async fn rehash(&mut self, credential: &PasswordCredential) -> Result<(), StoreError>;
}
