//! People and their passwords.

use core::ops::Bound;

use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::user::{SubjectId, UserStatus};
use gatelodge_domain::{
    Email, Group, Id, PasswordCredential, PasswordHash, Realm, Revision, Subject, User,
};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    Duplicate, FamilyFilter, FindPasswords, FindUsers, GrantFilter, Listed, PageRequest, Passwords,
    UserFilter, UserOrder, UserPage, UserPlace, Users,
};

use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, page_of, rows_of};

type Key = (Id<Realm>, Id<User>);

tables! {
    /// People by row id and by all that is unique about them, and their passwords.
    UserTables {
        rows: Table<Key, User>,
        by_username: Table<(Id<Realm>, String), Id<User>>,
        by_email: Table<(Id<Realm>, String), Id<User>>,
        by_subject: Table<(Id<Realm>, SubjectId), Id<User>>,
        passwords: Table<Key, PasswordCredential>,
        earlier: Table<(Id<Realm>, Id<User>, Revision), PasswordHash>,
    }
}

impl UserTables {
    /// Writes a row whose unique keys are its own or free.
    fn write(&mut self, at: Moment, user: &User) -> Result<(), StoreError> {
        let taken = |holder: Option<&Id<User>>| holder.is_some_and(|id| *id != user.id);
        let username = (user.realm, user.username.key().to_owned());
        if taken(self.by_username.get(at, &username)) {
            return Err(StoreError::Duplicate(Duplicate::Username));
        }
        let email = user
            .email
            .as_ref()
            .map(|email| (user.realm, email.key().to_owned()));
        if email
            .as_ref()
            .is_some_and(|email| taken(self.by_email.get(at, email)))
        {
            return Err(StoreError::Duplicate(Duplicate::Email));
        }
        let subject = (user.realm, user.subject.clone());
        if taken(self.by_subject.get(at, &subject)) {
            return Err(StoreError::Duplicate(Duplicate::Key));
        }
        self.erase(at, (user.realm, user.id));
        self.by_username.put(at, username, user.id);
        self.by_subject.put(at, subject, user.id);
        if let Some(email) = email {
            self.by_email.put(at, email, user.id);
        }
        self.rows.put(at, (user.realm, user.id), user.clone());
        Ok(())
    }

    /// Removes a row and its indexes.
    fn erase(&mut self, at: Moment, key: Key) -> bool {
        let Some(user) = self.rows.get(at, &key).cloned() else {
            return false;
        };
        self.by_username
            .remove(at, (user.realm, user.username.key().to_owned()));
        self.by_subject.remove(at, (user.realm, user.subject));
        if let Some(email) = user.email {
            self.by_email
                .remove(at, (user.realm, email.key().to_owned()));
        }
        self.rows.remove(at, key);
        true
    }

    /// Removes at most so many of a realm's rows, passwords first.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let rows = self.passwords.range(at, rows_of(realm, None)).take(limit);
        let passwords: Vec<Key> = rows.map(|(key, _)| *key).collect();
        for key in &passwords {
            self.passwords.remove(at, *key);
            self.forget(at, *key, 0);
        }
        let rows = self
            .rows
            .range(at, rows_of(realm, None))
            .take(limit - passwords.len());
        let users: Vec<Key> = rows.map(|(key, _)| *key).collect();
        for key in &users {
            self.erase(at, *key);
        }
        passwords.len() + users.len()
    }

    /// What is remembered of a person's earlier passwords, youngest first.
    fn earlier(&self, at: Moment, (realm, user): Key) -> Vec<(Revision, &PasswordHash)> {
        let theirs = (realm, user, Revision(0))..=(realm, user, Revision(u32::MAX));
        let rows = self.earlier.range(at, theirs).rev();
        rows.map(|(key, hash)| (key.2, hash)).collect()
    }

    /// Forgets all but so many of a person's earlier passwords.
    fn forget(&mut self, at: Moment, key: Key, keep: usize) {
        let old = self.earlier(at, key).into_iter().skip(keep);
        let old: Vec<Revision> = old.map(|(revision, _)| revision).collect();
        for revision in old {
            self.earlier.remove(at, (key.0, key.1, revision));
        }
    }

    fn page(
        &self,
        at: Moment,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: &PageRequest<User>,
        within: Option<&BTreeSet<Id<User>>>,
    ) -> Listed<User> {
        let fits = |user: &&User| fits(filter, within, user);
        let Some(prefix) = &filter.username_prefix else {
            let rows = self.rows.range(at, rows_of(realm, page.after));
            return page_of(rows.map(|(_, user)| user).filter(fits), page.limit);
        };
        let mut ids: Vec<Id<User>> = self.named(at, realm, prefix).collect();
        ids.retain(|id| page.after.is_none_or(|after| after < *id));
        ids.sort_unstable();
        let rows = ids.iter().filter_map(|id| self.rows.get(at, &(realm, *id)));
        page_of(rows.filter(fits), page.limit)
    }

    fn page_in_order(
        &self,
        at: Moment,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: &UserPage,
        within: Option<&BTreeSet<Id<User>>>,
    ) -> Listed<User> {
        let fits = |user: &&User| fits(filter, within, user);
        let prefix = filter.username_prefix.as_deref().unwrap_or_default();
        let named = self.named(at, realm, prefix);
        let named = named.filter_map(|id| self.rows.get(at, &(realm, id)));
        let key = |user: &User| user.username.key().to_owned();
        match (page.order, &page.after) {
            (UserOrder::YoungestFirst, after) => {
                let before = |user: &&User| match after {
                    Some(UserPlace::Id(id)) => user.id < *id,
                    _ => true,
                };
                let rows = self.rows.range(at, rows_of(realm, None)).rev();
                let rows = rows.map(|(_, user)| user);
                page_of(rows.filter(before).filter(fits), page.limit)
            }
            (UserOrder::Username, Some(UserPlace::Username(last))) => page_of(
                named.filter(|user| key(user) > *last).filter(fits),
                page.limit,
            ),
            (UserOrder::Username, _) => page_of(named.filter(fits), page.limit),
            (UserOrder::UsernameBackwards, after) => {
                let mut rows: Vec<&User> = named.filter(fits).collect();
                if let Some(UserPlace::Username(last)) = after {
                    rows.retain(|user| key(user) < *last);
                }
                page_of(rows.into_iter().rev(), page.limit)
            }
        }
    }

    /// Those whose canonical names begin like that, by name.
    fn named<'a>(
        &'a self,
        at: Moment,
        realm: Id<Realm>,
        prefix: &'a str,
    ) -> impl Iterator<Item = Id<User>> + 'a {
        let from = Bound::Included((realm, prefix.to_owned()));
        let named = self.by_username.range(at, (from, Bound::Unbounded));
        named
            .take_while(move |((of, name), _)| *of == realm && name.starts_with(prefix))
            .map(|(_, id)| *id)
    }
}

/// Whether a person is one of those that a filter asks for.
fn fits(filter: &UserFilter, within: Option<&BTreeSet<Id<User>>>, user: &User) -> bool {
    let email = user.email.as_ref().map(Email::key);
    let key = user.username.key();
    within.is_none_or(|within| within.contains(&user.id))
        && filter
            .status
            .is_none_or(|status| status_name(user.status) == status)
        && filter.username_key.as_deref().is_none_or(|it| it == key)
        && filter
            .username_prefix
            .as_deref()
            .is_none_or(|it| key.starts_with(it))
        && filter
            .email_key
            .as_deref()
            .is_none_or(|it| email == Some(it))
        && filter
            .email_prefix
            .as_deref()
            .is_none_or(|it| email.is_some_and(|email| email.starts_with(it)))
        && filter
            .made_from
            .is_none_or(|moment| Id::first_at(moment) <= user.id)
        && filter
            .made_before
            .is_none_or(|moment| user.id < Id::first_at(moment))
}

/// The status as [`UserFilter::status`] names it.
const fn status_name(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Invited => "invited",
        UserStatus::Deactivated { .. } => "deactivated",
        UserStatus::Suspended { .. } => "suspended",
        UserStatus::PendingDeletion { .. } => "pending_deletion",
    }
}

#[async_trait]
impl<S: Stand> FindUsers for View<S> {
    async fn find(&mut self, realm: Id<Realm>, id: Id<User>) -> Result<Option<User>, StoreError> {
        self.look(|tables, at| tables.users.rows.get(at, &(realm, id)).cloned())
    }

    async fn find_by_username(
        &mut self,
        realm: Id<Realm>,
        key: &str,
    ) -> Result<Option<User>, StoreError> {
        self.look(|tables, at| {
            let id = tables.users.by_username.get(at, &(realm, key.to_owned()))?;
            tables.users.rows.get(at, &(realm, *id)).cloned()
        })
    }

    async fn find_by_email(
        &mut self,
        realm: Id<Realm>,
        key: &str,
    ) -> Result<Option<User>, StoreError> {
        self.look(|tables, at| {
            let id = tables.users.by_email.get(at, &(realm, key.to_owned()))?;
            tables.users.rows.get(at, &(realm, *id)).cloned()
        })
    }

    async fn find_by_subject(
        &mut self,
        realm: Id<Realm>,
        subject: &SubjectId,
    ) -> Result<Option<User>, StoreError> {
        self.look(|tables, at| {
            let id = tables.users.by_subject.get(at, &(realm, subject.clone()))?;
            tables.users.rows.get(at, &(realm, *id)).cloned()
        })
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: PageRequest<User>,
    ) -> Result<Listed<User>, StoreError> {
        self.look(|tables, at| {
            let within = filter.groups.as_ref().map(|groups| {
                let members = |group: &Id<Group>| tables.groups.members.of(at, realm, *group);
                groups.iter().flat_map(members).collect()
            });
            tables.users.page(at, realm, filter, &page, within.as_ref())
        })
    }

    async fn list_in_order(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: UserPage,
    ) -> Result<Listed<User>, StoreError> {
        self.look(|tables, at| {
            let within = filter.groups.as_ref().map(|groups| {
                let members = |group: &Id<Group>| tables.groups.members.of(at, realm, *group);
                groups.iter().flat_map(members).collect()
            });
            let within = within.as_ref();
            tables.users.page_in_order(at, realm, filter, &page, within)
        })
    }
}

#[async_trait]
impl Users for View<Turn> {
    async fn insert(&mut self, user: &User) -> Result<(), StoreError> {
        self.change(|tables, at| {
            if tables.users.rows.contains(at, &(user.realm, user.id)) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            tables.users.write(at, user)
        })
    }

    async fn update(&mut self, user: &User) -> Result<User, StoreError> {
        self.change(|tables, at| {
            let stored = tables.users.rows.get(at, &(user.realm, user.id));
            let stored = stored.filter(|stored| stored.revision == user.revision);
            let stored = stored.ok_or(StoreError::Stale)?;
            let updated = User {
                subject: stored.subject.clone(),
                created_at: stored.created_at,
                revision: user.revision.next(),
                ..user.clone()
            };
            tables.users.write(at, &updated)?;
            Ok(updated)
        })
    }

    async fn remove(&mut self, realm: Id<Realm>, id: Id<User>) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            if !tables.users.erase(at, (realm, id)) {
                return Ok(false);
            }
            let subject = Subject::User(id);
            tables.users.passwords.remove(at, (realm, id));
            tables.users.forget(at, (realm, id), 0);
            tables.subject_keys.rows.remove(at, (realm, id));
            tables.factors.remove_of_user(at, realm, id);
            tables.throttles.remove_of_user(at, realm, id);
            tables.roles.remove_holder(at, realm, subject);
            tables.groups.remove_member(at, realm, id);
            tables.consents.remove_of_user(at, realm, id);
            tables.tickets.remove_of_subject(at, realm, subject);
            let theirs = FamilyFilter {
                subject: Some(subject),
                ..FamilyFilter::default()
            };
            tables.families.remove_matching(at, realm, &theirs);
            let theirs = GrantFilter {
                user: Some(id),
                ..GrantFilter::default()
            };
            tables.grants.remove_matching(at, realm, &theirs);
            tables.sessions.remove_of_user(at, realm, id);
            Ok(true)
        })
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
