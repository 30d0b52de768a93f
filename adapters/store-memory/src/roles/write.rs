//! The writing half.

use async_trait::async_trait;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Included, Inclusion, Roles};

use super::RoleTables;
use crate::view::{Turn, View};

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
                second_factor: role.second_factor,
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
            tables.roles.detach(at, realm, id, usize::MAX);
            Ok(tables.roles.erase(at, (realm, id)))
        })
    }

    async fn include(
        &mut self,
        realm: Id<Realm>,
        inclusion: Inclusion,
    ) -> Result<Included, StoreError> {
        self.change(|tables, at| {
            let (roles, Inclusion { role, included }) = (&mut tables.roles, inclusion);
            if RoleTables::spread(&roles.includes, at, realm, [included]).contains(&role) {
                return Ok(Included::Circle);
            }
            if roles.includes.contains(at, realm, role, included) {
                return Ok(Included::Already);
            }
            roles.includes.put(at, realm, role, included);
            roles.included_in.put(at, realm, included, role);
            Ok(Included::New)
        })
    }

    async fn exclude(
        &mut self,
        realm: Id<Realm>,
        inclusion: Inclusion,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.roles.exclude(at, realm, inclusion)))
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

    async fn update_group(&mut self, group: &Group) -> Result<Group, StoreError> {
        self.change(|tables, at| {
            let (rows, key) = (&mut tables.groups.rows, (group.realm, group.id));
            let stored = rows.get(at, &key).cloned().ok_or(StoreError::Stale)?;
            if stored.revision != group.revision {
                return Err(StoreError::Stale);
            }
            let updated = Group {
                display_name: group.display_name.clone(),
                revision: group.revision.next(),
                ..stored
            };
            rows.put(at, key, updated.clone());
            Ok(updated)
        })
    }

    async fn remove_group(&mut self, realm: Id<Realm>, id: Id<Group>) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.groups.remove(at, realm, id)))
    }

    async fn unassign_from_group(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        group: Id<Group>,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.groups.unassign(at, realm, role, group)))
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
