//! Groups, who is in them and what they hold. The port is that of the roles.

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Group, Id, Realm, Role, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::Duplicate;

use crate::index::Links;
use crate::table::{Moment, Table, tables};
use crate::view::rows_of;

tables! {
    /// Groups by row id and name, their members and their roles both ways.
    GroupTables {
        rows: Table<(Id<Realm>, Id<Group>), Group>,
        by_name: Table<(Id<Realm>, RoleName), Id<Group>>,
        members: Links<Id<Group>, Id<User>>,
        joined: Links<Id<User>, Id<Group>>,
        roles: Links<Id<Group>, Id<Role>>,
        with_role: Links<Id<Role>, Id<Group>>,
    }
}

impl GroupTables {
    /// Adds a group whose name is free.
    pub(crate) fn insert(&mut self, at: Moment, group: &Group) -> Result<(), StoreError> {
        if self.rows.contains(at, &(group.realm, group.id)) {
            return Err(StoreError::Duplicate(Duplicate::Key));
        }
        if self
            .by_name
            .contains(at, &(group.realm, group.name.clone()))
        {
            return Err(StoreError::Duplicate(Duplicate::GroupName));
        }
        self.by_name
            .put(at, (group.realm, group.name.clone()), group.id);
        self.rows.put(at, (group.realm, group.id), group.clone());
        Ok(())
    }

    /// Gives a group a role; false when it had it.
    pub(crate) fn assign(
        &mut self,
        at: Moment,
        realm: Id<Realm>,
        role: Id<Role>,
        group: Id<Group>,
    ) -> bool {
        let new = !self.roles.contains(at, realm, group, role);
        self.roles.put(at, realm, group, role);
        self.with_role.put(at, realm, role, group);
        new
    }

    /// Adds a member; false when they were in it.
    pub(crate) fn join(
        &mut self,
        at: Moment,
        realm: Id<Realm>,
        group: Id<Group>,
        user: Id<User>,
    ) -> bool {
        let new = !self.members.contains(at, realm, group, user);
        self.members.put(at, realm, group, user);
        self.joined.put(at, realm, user, group);
        new
    }

    /// Takes a member out; false when they were not in it.
    pub(crate) fn leave(
        &mut self,
        at: Moment,
        realm: Id<Realm>,
        group: Id<Group>,
        user: Id<User>,
    ) -> bool {
        let was_in = self.members.contains(at, realm, group, user);
        self.members.remove(at, realm, group, user);
        self.joined.remove(at, realm, user, group);
        was_in
    }

    /// Takes a person out of every group.
    pub(crate) fn remove_member(&mut self, at: Moment, realm: Id<Realm>, user: Id<User>) {
        let groups: Vec<Id<Group>> = self.joined.of(at, realm, user).collect();
        for group in groups {
            self.leave(at, realm, group, user);
        }
    }

    /// Takes a role from every group.
    pub(crate) fn remove_role(&mut self, at: Moment, realm: Id<Realm>, role: Id<Role>) {
        let groups: Vec<Id<Group>> = self.with_role.of(at, realm, role).collect();
        for group in groups {
            self.unassign(at, realm, role, group);
        }
    }

    /// Takes a role from a group; false when it had not got it.
    pub(crate) fn unassign(
        &mut self,
        at: Moment,
        realm: Id<Realm>,
        role: Id<Role>,
        group: Id<Group>,
    ) -> bool {
        let had = self.roles.contains(at, realm, group, role);
        self.roles.remove(at, realm, group, role);
        self.with_role.remove(at, realm, role, group);
        had
    }

    /// Removes a group with its members and roles; false when there was none.
    pub(crate) fn remove(&mut self, at: Moment, realm: Id<Realm>, id: Id<Group>) -> bool {
        let Some(group) = self.rows.get(at, &(realm, id)).cloned() else {
            return false;
        };
        let members: Vec<Id<User>> = self.members.of(at, realm, id).collect();
        for user in members {
            self.leave(at, realm, id, user);
        }
        let roles: Vec<Id<Role>> = self.roles.of(at, realm, id).collect();
        for role in roles {
            self.unassign(at, realm, role, id);
        }
        self.by_name.remove(at, (realm, group.name));
        self.rows.remove(at, (realm, id));
        true
    }

    /// Removes at most so many of a realm's rows, a group after its members and roles.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let mut left = limit;
        let rows = self.rows.range(at, rows_of(realm, None)).take(limit);
        let groups: Vec<Group> = rows.map(|(_, group)| group.clone()).collect();
        for group in groups {
            let members: Vec<Id<User>> = self.members.of(at, realm, group.id).take(left).collect();
            for user in &members {
                self.leave(at, realm, group.id, *user);
            }
            left -= members.len();
            let roles: Vec<Id<Role>> = self.roles.of(at, realm, group.id).take(left).collect();
            for role in &roles {
                self.unassign(at, realm, *role, group.id);
            }
            left -= roles.len();
            if left == 0 {
                break;
            }
            self.by_name.remove(at, (realm, group.name));
            self.rows.remove(at, (realm, group.id));
            left -= 1;
        }
        limit - left
    }
}
