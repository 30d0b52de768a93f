//! Roles, and who holds them.

mod read;
mod write;

use std::collections::BTreeSet;

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Id, Realm, Role, Subject};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, Inclusion};

use crate::index::Links;
use crate::table::{Moment, Table, tables};
use crate::view::rows_of;

type Key = (Id<Realm>, Id<Role>);

tables! {
    /// Roles by row id and name, their holders and their inclusions, both ways.
    RoleTables {
        rows: Table<Key, Role>,
        by_name: Table<(Id<Realm>, RoleName), Id<Role>>,
        holders: Links<Id<Role>, Subject>,
        held: Links<Subject, Id<Role>>,
        includes: Links<Id<Role>, Id<Role>>,
        included_in: Links<Id<Role>, Id<Role>>,
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

    fn exclude(&mut self, at: Moment, realm: Id<Realm>, inclusion: Inclusion) -> bool {
        let Inclusion { role, included } = inclusion;
        let was_there = self.includes.contains(at, realm, role, included);
        self.includes.remove(at, realm, role, included);
        self.included_in.remove(at, realm, included, role);
        was_there
    }

    /// Ends at most so many inclusions of a role, either way, and counts them.
    fn detach(&mut self, at: Moment, realm: Id<Realm>, role: Id<Role>, limit: usize) -> usize {
        let down = self.includes.of(at, realm, role);
        let down = down.map(|included| Inclusion { role, included });
        let up = self.included_in.of(at, realm, role);
        let up = up.map(|composite| Inclusion {
            role: composite,
            included: role,
        });
        let all: Vec<Inclusion> = down.chain(up).take(limit).collect();
        for inclusion in &all {
            self.exclude(at, realm, *inclusion);
        }
        all.len()
    }

    /// Those roles and all that they lead to.
    fn spread(
        links: &Links<Id<Role>, Id<Role>>,
        at: Moment,
        realm: Id<Realm>,
        from: impl IntoIterator<Item = Id<Role>>,
    ) -> BTreeSet<Id<Role>> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<Id<Role>> = from.into_iter().collect();
        while let Some(role) = open.pop() {
            if reached.insert(role) {
                open.extend(links.of(at, realm, role));
            }
        }
        reached
    }

    /// The rows of those roles, by id.
    fn rows_of(
        &self,
        at: Moment,
        realm: Id<Realm>,
        ids: impl IntoIterator<Item = Id<Role>>,
    ) -> Vec<Role> {
        let row = |id| self.rows.get(at, &(realm, id)).cloned();
        ids.into_iter().filter_map(row).collect()
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

    /// Removes at most so many of a realm's rows, a role after its holdings and inclusions.
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
            left -= self.detach(at, realm, key.1, left);
            if left == 0 {
                break;
            }
            self.erase(at, key);
            left -= 1;
        }
        limit - left
    }
}
