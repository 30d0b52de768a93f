//! Finding groups, and what every verb about them begins with.

use std::sync::Arc;

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Group, Id, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRoles, Listed, PageRequest};

use crate::Foundation;
use crate::admin::{AdminError, Administrators, GroupsRead, GroupsWrite, Permit, Refusal, Right};

/// Makes, changes and removes groups, and puts people in and out of them.
pub struct AdministerGroups {
    pub(super) foundation: Arc<Foundation>,
    pub(super) administrators: Arc<Administrators>,
}

impl AdministerGroups {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>, administrators: Arc<Administrators>) -> Self {
        Self {
            foundation,
            administrators,
        }
    }

    /// A page of the groups within reach.
    pub async fn list(
        &self,
        permit: &Permit<GroupsRead>,
        page: PageRequest<Group>,
    ) -> Result<Listed<Group>, AdminError> {
        let (realm, among) = (permit.realm_id(), permit.groups());
        let mut view = self.foundation.store.read().await?;
        Ok(view.roles().list_groups(realm, among, page).await?)
    }

    /// One group, by its row id or name.
    pub async fn get(&self, permit: &Permit<GroupsRead>, group: &str) -> Result<Group, AdminError> {
        self.find(permit, group).await
    }

    /// A group that is about to be changed; refused where it gives its people, in `system`, what
    /// the caller may not do.
    pub async fn get_to_change(
        &self,
        permit: &Permit<GroupsWrite>,
        group: &str,
    ) -> Result<Group, AdminError> {
        permit.reach_realm(&self.foundation).await?;
        let group = self.find(permit, group).await?;
        self.may_give_membership(permit, group.id).await?;
        Ok(group)
    }

    /// A page of the people in a group.
    pub async fn members(
        &self,
        permit: &Permit<GroupsRead>,
        group: &str,
        page: PageRequest<User>,
    ) -> Result<Listed<User>, AdminError> {
        let group = self.find(permit, group).await?;
        let realm = permit.realm_id();
        let mut view = self.foundation.store.read().await?;
        Ok(view.roles().members(realm, group.id, page).await?)
    }

    /// The groups of a person that are within reach.
    pub async fn of_user(
        &self,
        permit: &Permit<GroupsRead>,
        user: Id<User>,
    ) -> Result<Vec<Group>, AdminError> {
        permit.reach_user(&self.foundation, user).await?;
        let realm = permit.realm_id();
        let mut view = self.foundation.store.read().await?;
        if view.users().find(realm, user).await?.is_none() {
            return Err(Refusal::not_found("there is no such user").into());
        }
        let mut groups = view.roles().groups_of(realm, user).await?;
        if let Some(within) = permit.groups() {
            groups.retain(|group| within.contains(&group.id));
        }
        Ok(groups)
    }

    /// The group with that row id or name, if it is within reach.
    pub(super) async fn find<P: Right>(
        &self,
        permit: &Permit<P>,
        text: &str,
    ) -> Result<Group, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let found = find_group(view.roles(), permit.realm_id(), text).await?;
        drop(view);
        let id = found.as_ref().map(|group| group.id);
        permit.reach_group(&self.foundation, id).await?;
        found.ok_or_else(|| no_group().into())
    }

    /// Whoever puts a person into a group gives them its roles.
    pub(crate) async fn may_give_membership(
        &self,
        permit: &Permit<GroupsWrite>,
        group: Id<Group>,
    ) -> Result<(), AdminError> {
        let mut view = self.foundation.store.read().await?;
        let roles = view
            .roles()
            .roles_of_group(permit.realm_id(), group)
            .await?;
        drop(view);
        let ids: Vec<_> = roles.iter().map(|role| role.id).collect();
        self.administrators.may_give(permit, &ids).await
    }
}

/// The group with that row id or name. A name that reads like an id is found where no group has
/// that id.
pub(crate) async fn find_group(
    roles: &mut (dyn FindRoles + '_),
    realm: Id<Realm>,
    text: &str,
) -> Result<Option<Group>, StoreError> {
    if let Ok(id) = Id::parse(text)
        && let Some(group) = roles.find_group(realm, id).await?
    {
        return Ok(Some(group));
    }
    match RoleName::parse(text) {
        Ok(name) => roles.find_group_by_name(realm, &name).await,
        Err(_) => Ok(None),
    }
}

/// The answer to a text that names no group.
pub(crate) const fn no_group() -> Refusal {
    Refusal::not_found("there is no such group")
}
