//! People's passwords, and what is remembered of earlier ones.

use async_trait::async_trait;
use gatelodge_domain::{Id, PasswordCredential, PasswordHash, Realm, Revision, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindPasswords, Passwords};

use super::{Key, UserTables};
use crate::table::Moment;
use crate::view::{Stand, Turn, View};

impl UserTables {
    /// What is remembered of a person's earlier passwords, youngest first.
    fn earlier(&self, at: Moment, (realm, user): Key) -> Vec<(Revision, &PasswordHash)> {
        let theirs = (realm, user, Revision(0))..=(realm, user, Revision(u32::MAX));
        let rows = self.earlier.range(at, theirs).rev();
        rows.map(|(key, hash)| (key.2, hash)).collect()
    }

    /// Forgets all but so many of a person's earlier passwords.
    pub(super) fn forget(&mut self, at: Moment, key: Key, keep: usize) {
        let old = self.earlier(at, key).into_iter().skip(keep);
        let old: Vec<Revision> = old.map(|(revision, _)| revision).collect();
        for revision in old {
            self.earlier.remove(at, (key.0, key.1, revision));
        }
    }
}

#[async_trait]
impl<S: Stand> FindPasswords for View<S> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Option<PasswordCredential>, StoreError> {
        self.look(|tables, at| tables.users.passwords.get(at, &(realm, user)).cloned())
    }

    async fn history(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        limit: u16,
    ) -> Result<Vec<PasswordHash>, StoreError> {
        self.look(|tables, at| {
            let earlier = tables.users.earlier(at, (realm, user)).into_iter();
            earlier
                .take(usize::from(limit))
                .map(|(_, hash)| hash.clone())
                .collect()
        })
    }
}

#[async_trait]
impl Passwords for View<Turn> {
    async fn put(&mut self, credential: &PasswordCredential) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let (passwords, key) = (
                &mut tables.users.passwords,
                (credential.realm, credential.user),
            );
            let mut credential = credential.clone();
            // Counted up whatever the caller knew, so that a rehash of the old password that
            // is under way finds itself stale.
            if let Some(stored) = passwords.get(at, &key) {
                credential.revision = stored.revision.next();
            }
            passwords.put(at, key, credential);
            Ok(())
        })
    }

    async fn rehash(&mut self, credential: &PasswordCredential) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let (passwords, key) = (
                &mut tables.users.passwords,
                (credential.realm, credential.user),
            );
            let stored = passwords.get(at, &key).cloned().ok_or(StoreError::Stale)?;
            if stored.revision != credential.revision {
                return Err(StoreError::Stale);
            }
            let revision = stored.revision.next();
            let hash = credential.hash.clone();
            passwords.put(
                at,
                key,
                PasswordCredential {
                    hash,
                    revision,
                    ..stored
                },
            );
            Ok(())
        })
    }

    async fn remember(
        &mut self,
        credential: &PasswordCredential,
        keep: u16,
    ) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let (realm, user) = (credential.realm, credential.user);
            let key = (realm, user, credential.revision);
            if keep > 0 && !tables.users.earlier.contains(at, &key) {
                tables.users.earlier.put(at, key, credential.hash.clone());
            }
            tables.users.forget(at, (realm, user), usize::from(keep));
            Ok(())
        })
    }

    async fn remove(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            let key = (realm, user);
            tables.users.forget(at, key, 0);
            let there = tables.users.passwords.contains(at, &key);
            tables.users.passwords.remove(at, key);
            Ok(there)
        })
    }
}
