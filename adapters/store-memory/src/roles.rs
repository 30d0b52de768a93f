//! Roles, and who holds them.

use core::ops::Bound;
use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    Duplicate, FindRoles, Holder, Holding, Included, Inclusion, Listed, PageRequest, Roles,
};

use crate::index::Links;
use crate::state::Tables;
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, page_of, rows_of};

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

/// Everybody who holds a role, directly, through a group, or by a role that includes it, each
/// once.
fn holders(tables: &Tables, at: Moment, realm: Id<Realm>, role: Id<Role>) -> BTreeSet<Id<User>> {
    let composites = RoleTables::spread(&tables.roles.included_in, at, realm, [role]);
    let mut people = BTreeSet::new();
    for role in composites {
        let direct = tables.roles.holders.of(at, realm, role);
        people.extend(direct.filter_map(Subject::user));
        let groups = tables.groups.with_role.of(at, realm, role);
        people.extend(groups.flat_map(|group| tables.groups.members.of(at, realm, group)));
    }
    people
}

/// What a subject holds without another role in between.
fn holdings(tables: &Tables, at: Moment, realm: Id<Realm>, subject: Subject) -> BTreeSet<Holding> {
    let direct = tables.roles.held.of(at, realm, subject);
    let direct = direct.map(|role| Holding {
        role,
        through: None,
    });
    let groups = subject.user().into_iter();
    let groups = groups.flat_map(|user| tables.groups.joined.of(at, realm, user));
    let through = groups.flat_map(|group| {
        let roles = tables.groups.roles.of(at, realm, group);
        roles.map(move |role| Holding {
            role,
            through: Some(group),
        })
    });
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
            let held = holdings(tables, at, realm, subject).into_iter();
            let held = held.map(|holding| holding.role);
            let all = RoleTables::spread(&tables.roles.includes, at, realm, held);
            tables.roles.rows_of(at, realm, all)
        })
    }

    async fn holdings_of(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<Vec<Holding>, StoreError> {
        self.look(|tables, at| {
            let held = holdings(tables, at, realm, subject);
            held.into_iter().collect()
        })
    }

    async fn with_included(
        &mut self,
        realm: Id<Realm>,
        roles: &[Id<Role>],
    ) -> Result<Vec<Role>, StoreError> {
        self.look(|tables, at| {
            let from = roles.iter().copied();
            let all = RoleTables::spread(&tables.roles.includes, at, realm, from);
            tables.roles.rows_of(at, realm, all)
        })
    }

    async fn inclusions(
        &mut self,
        realm: Id<Realm>,
        roles: &[Id<Role>],
    ) -> Result<Vec<Inclusion>, StoreError> {
        self.look(|tables, at| {
            let roles: BTreeSet<Id<Role>> = roles.iter().copied().collect();
            let inclusions = roles.into_iter().flat_map(|role| {
                let included = tables.roles.includes.of(at, realm, role);
                included.map(move |included| Inclusion { role, included })
            });
            inclusions.collect()
        })
    }

    async fn holders(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        after: Option<Holder>,
        limit: u16,
    ) -> Result<Listed<Holder>, StoreError> {
        self.look(|tables, at| {
            let subjects = tables.roles.holders.of(at, realm, role);
            let groups = tables.groups.with_role.of(at, realm, role);
            let holders = subjects
                .map(Holder::Subject)
                .chain(groups.map(Holder::Group));
            let order = |holder: Holder| (holder.kind(), holder.bits());
            let sorted: BTreeMap<_, _> = holders.map(|one| (order(one), one)).collect();
            let from = after.map_or(Bound::Unbounded, |after| Bound::Excluded(order(after)));
            let rows = sorted.range((from, Bound::Unbounded));
            page_of(rows.map(|(_, holder)| holder), limit)
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

    async fn find_group(
        &mut self,
        realm: Id<Realm>,
        id: Id<Group>,
    ) -> Result<Option<Group>, StoreError> {
        self.look(|tables, at| tables.groups.rows.get(at, &(realm, id)).cloned())
    }

    async fn find_group_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &RoleName,
    ) -> Result<Option<Group>, StoreError> {
        self.look(|tables, at| {
            let id = tables.groups.by_name.get(at, &(realm, name.clone()))?;
            tables.groups.rows.get(at, &(realm, *id)).cloned()
        })
    }

    async fn list_groups(
        &mut self,
        realm: Id<Realm>,
        among: Option<&BTreeSet<Id<Group>>>,
        page: PageRequest<Group>,
    ) -> Result<Listed<Group>, StoreError> {
        self.look(|tables, at| {
            let rows = tables.groups.rows.range(at, rows_of(realm, page.after));
            let rows = rows.map(|(_, group)| group);
            let wanted = |group: &&Group| among.is_none_or(|among| among.contains(&group.id));
            page_of(rows.filter(wanted), page.limit)
        })
    }

    async fn members(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
        page: PageRequest<User>,
    ) -> Result<Listed<User>, StoreError> {
        self.look(|tables, at| {
            let ids = tables.groups.members.of(at, realm, group);
            let ids = ids.filter(|id| page.after.is_none_or(|after| after < *id));
            let rows = ids.filter_map(|id| tables.users.rows.get(at, &(realm, id)));
            page_of(rows, page.limit)
        })
    }

    async fn roles_of_group(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
    ) -> Result<Vec<Role>, StoreError> {
        self.look(|tables, at| {
            let ids = tables.groups.roles.of(at, realm, group);
            tables.roles.rows_of(at, realm, ids)
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
