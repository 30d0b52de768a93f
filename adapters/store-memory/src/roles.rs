//! Roles, and who holds them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, FindRoles, Listed, PageRequest, Roles};

use crate::index::Links;
use crate::state::Tables;
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, page_of, rows_of};

type Key = (Id<Realm>, Id<Role>);

tables! {
    /// Roles by row id and name, and their holders both ways.
    RoleTables {
        rows: Table<Key, Role>,
        by_name: Table<(Id<Realm>, RoleName), Id<Role>>,
        holders: Links<Id<Role>, Subject>,
        held: Links<Subject, Id<Role>>,
    }
}

impl RoleTables {
    fn insert(&mut self, at: Moment, role: &Role) -> Result<(), StoreError> {
        if self.rows.contains(at, &(role.realm, role.id)) {
            return Err(StoreError::Duplicate(Duplicate::Key));
        }
        if self.by_name.contains(at, &(role.realm, role.name.clone())) {
            return Err(StoreError::Duplicate(Duplicate::RoleName));
        }
        self.by_name
            .put(at, (role.realm, role.name.clone()), role.id);
        self.rows.put(at, (role.realm, role.id), role.clone());
        Ok(())
    }

    fn unassign(&mut self, at: Moment, (realm, role): Key, subject: Subject) {
        self.holders.remove(at, realm, role, subject);
        self.held.remove(at, realm, subject, role);
    }

    /// Removes a role that nobody holds.
    fn erase(&mut self, at: Moment, key: Key) -> bool {
        let Some(role) = self.rows.get(at, &key).cloned() else {
            return false;
        };
        self.by_name.remove(at, (role.realm, role.name));
        self.rows.remove(at, key);
        true
    }

    /// Takes every role from a subject.
    pub(crate) fn remove_holder(&mut self, at: Moment, realm: Id<Realm>, subject: Subject) {
        let held: Vec<Id<Role>> = self.held.of(at, realm, subject).collect();
        for role in held {
            self.unassign(at, (realm, role), subject);
        }
    }

    /// Removes at most so many of a realm's rows, a role after its holdings.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let mut left = limit;
        let rows = self.rows.range(at, rows_of(realm, None)).take(limit);
        let roles: Vec<Key> = rows.map(|(key, _)| *key).collect();
        for key in roles {
            let holders: Vec<Subject> = self.holders.of(at, realm, key.1).take(left).collect();
            for subject in &holders {
                self.unassign(at, key, *subject);
            }
            left -= holders.len();
            if left == 0 {
                break;
            }
            self.erase(at, key);
            left -= 1;
        }
        limit - left
    }
}

/// Everybody who holds a role, directly or through a group, each once.
fn holders(tables: &Tables, at: Moment, realm: Id<Realm>, role: Id<Role>) -> BTreeSet<Id<User>> {
    let direct = tables
        .roles
        .holders
        .of(at, realm, role)
        .filter_map(Subject::user);
    let groups = tables.groups.with_role.of(at, realm, role);
    let members = groups.flat_map(|group| tables.groups.members.of(at, realm, group));
    direct.chain(members).collect()
}

/// What a subject holds, directly or through a group, each once.
fn held(tables: &Tables, at: Moment, realm: Id<Realm>, subject: Subject) -> BTreeSet<Id<Role>> {
    let direct = tables.roles.held.of(at, realm, subject);
    let groups = subject.user().into_iter();
    let groups = groups.flat_map(|user| tables.groups.joined.of(at, realm, user));
    let through = groups.flat_map(|group| tables.groups.roles.of(at, realm, group));
    direct.chain(through).collect()
}

#[async_trait]
impl<S: Stand> FindRoles for View<S> {
    async fn find(&mut self, realm: Id<Realm>, id: Id<Role>) -> Result<Option<Role>, StoreError> {
        self.look(|tables, at| tables.roles.rows.get(at, &(realm, id)).cloned())
    }

    async fn find_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &RoleName,
    ) -> Result<Option<Role>, StoreError> {
        self.look(|tables, at| {
            let id = tables.roles.by_name.get(at, &(realm, name.clone()))?;
            tables.roles.rows.get(at, &(realm, *id)).cloned()
        })
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        page: PageRequest<Role>,
    ) -> Result<Listed<Role>, StoreError> {
        self.look(|tables, at| {
            let rows = tables.roles.rows.range(at, rows_of(realm, page.after));
            page_of(rows.map(|(_, role)| role), page.limit)
        })
    }

    async fn held_by(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<Vec<Role>, StoreError> {
        self.look(|tables, at| {
            let ids = held(tables, at, realm, subject).into_iter();
            ids.filter_map(|id| tables.roles.rows.get(at, &(realm, id)).cloned())
                .collect()
        })
    }

    async fn groups_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Group>, StoreError> {
        self.look(|tables, at| {
            let ids = tables.groups.joined.of(at, realm, user);
            ids.filter_map(|id| tables.groups.rows.get(at, &(realm, id)).cloned())
                .collect()
        })
    }

    async fn count_active_holders(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
    ) -> Result<u64, StoreError> {
        self.look(|tables, at| {
            let active = holders(tables, at, realm, role).into_iter().filter(|id| {
                let user = tables.users.rows.get(at, &(realm, *id));
                user.is_some_and(|user| user.status == UserStatus::Active)
            });
            active.count() as u64
        })
    }
}

#[async_trait]
impl Roles for View<Turn> {
    async fn insert(&mut self, role: &Role) -> Result<(), StoreError> {
        self.change(|tables, at| tables.roles.insert(at, role))
    }

    async fn update(&mut self, role: &Role) -> Result<Role, StoreError> {
        self.change(|tables, at| {
            let (rows, key) = (&mut tables.roles.rows, (role.realm, role.id));
            let stored = rows.get(at, &key).cloned().ok_or(StoreError::Stale)?;
            if stored.revision != role.revision {
                return Err(StoreError::Stale);
            }
            let updated = Role {
                display_name: role.display_name.clone(),
                permissions: role.permissions.clone(),
                revision: role.revision.next(),
                ..stored
            };
            rows.put(at, key, updated.clone());
            Ok(updated)
        })
    }

    async fn remove(&mut self, realm: Id<Realm>, id: Id<Role>) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            let holders: Vec<Subject> = tables.roles.holders.of(at, realm, id).collect();
            for subject in holders {
                tables.roles.unassign(at, (realm, id), subject);
            }
            tables.groups.remove_role(at, realm, id);
            Ok(tables.roles.erase(at, (realm, id)))
        })
    }

    async fn assign(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        subject: Subject,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            let new = !tables.roles.holders.contains(at, realm, role, subject);
            tables.roles.holders.put(at, realm, role, subject);
            tables.roles.held.put(at, realm, subject, role);
            Ok(new)
        })
    }

    async fn unassign(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        subject: Subject,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            let was_held = tables.roles.holders.contains(at, realm, role, subject);
            tables.roles.unassign(at, (realm, role), subject);
            Ok(was_held)
        })
    }

    async fn insert_group(&mut self, group: &Group) -> Result<(), StoreError> {
        self.change(|tables, at| tables.groups.insert(at, group))
    }

    async fn assign_to_group(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        group: Id<Group>,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.groups.assign(at, realm, role, group)))
    }

    async fn join(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
        user: Id<User>,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.groups.join(at, realm, group, user)))
    }

    async fn leave(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
        user: Id<User>,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.groups.leave(at, realm, group, user)))
    }
}
