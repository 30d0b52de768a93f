//! People and their passwords.

mod list;
mod passwords;

use async_trait::async_trait;
use gatelodge_domain::user::SubjectId;
use gatelodge_domain::{
    Group, Id, PasswordCredential, PasswordHash, Realm, Revision, Subject, User,
};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    Duplicate, FamilyFilter, FindUsers, GrantFilter, Listed, PageRequest, UserFilter, UserPage,
    Users,
};

use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, rows_of};

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
