//! The reading half: what is held through groups and inclusions is looked up at each question.

use core::ops::Bound;
use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRoles, Holder, Holding, Inclusion, Listed, PageRequest};

use super::RoleTables;
use crate::state::Tables;
use crate::table::Moment;
use crate::view::{Stand, View, page_of, rows_of};

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
