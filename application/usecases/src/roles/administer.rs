//! Finding roles, and what every verb about them begins with.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Id, Realm, Role};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRoles, Listed, PageRequest};

use crate::Foundation;
use crate::admin::{
    AdminError, Administrators, Permit, Refusal, Right, RolesRead, RolesWrite, changeable,
};

/// Makes, changes, composes and removes roles.
pub struct AdministerRoles {
    pub(super) foundation: Arc<Foundation>,
    pub(super) administrators: Arc<Administrators>,
}

/// A role with the names of those that it includes directly, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposedRole {
    /// The role.
    pub role: Role,
    /// What it includes.
    pub includes: Vec<RoleName>,
}

impl AdministerRoles {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>, administrators: Arc<Administrators>) -> Self {
        Self {
            foundation,
            administrators,
        }
    }

    /// A page of the realm's roles.
    pub async fn list(
        &self,
        permit: &Permit<RolesRead>,
        page: PageRequest<Role>,
    ) -> Result<Listed<ComposedRole>, AdminError> {
        permit.reach_realm(&self.foundation).await?;
        let realm = permit.realm_id();
        let mut view = self.foundation.store.read().await?;
        let listed = view.roles().list(realm, page).await?;
        Ok(Listed {
            items: composed(view.roles(), realm, listed.items).await?,
            more: listed.more,
        })
    }

    /// One role, by its row id or name.
    pub async fn get(
        &self,
        permit: &Permit<RolesRead>,
        role: &str,
    ) -> Result<ComposedRole, AdminError> {
        permit.reach_realm(&self.foundation).await?;
        let role = self.find(permit, role).await?;
        self.compose(role).await
    }

    /// A role that is about to be changed; refused where it is Gatelodge's own, or allows what
    /// the caller may not do.
    pub async fn get_to_change(
        &self,
        permit: &Permit<RolesWrite>,
        role: &str,
    ) -> Result<ComposedRole, AdminError> {
        permit.reach_realm(&self.foundation).await?;
        let role = self.find(permit, role).await?;
        changeable(
            role.protection,
            "this role is built in; make one of your own that includes it",
        )?;
        self.administrators.may_give(permit, &[role.id]).await?;
        self.compose(role).await
    }

    /// The role with that row id or name. A name that reads like an id is found where no role
    /// has that id.
    pub(crate) async fn find<P: Right>(
        &self,
        permit: &Permit<P>,
        text: &str,
    ) -> Result<Role, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let found = find_role(view.roles(), permit.realm_id(), text).await?;
        found.ok_or_else(|| no_role().into())
    }

    pub(super) async fn compose(&self, role: Role) -> Result<ComposedRole, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let realm = role.realm;
        let mut composed = composed(view.roles(), realm, vec![role]).await?;
        composed.pop().ok_or_else(|| no_role().into())
    }
}

/// The role with that row id or name.
pub(crate) async fn find_role(
    roles: &mut (dyn FindRoles + '_),
    realm: Id<Realm>,
    text: &str,
) -> Result<Option<Role>, StoreError> {
    if let Ok(id) = Id::parse(text)
        && let Some(role) = roles.find(realm, id).await?
    {
        return Ok(Some(role));
    }
    match RoleName::parse(text) {
        Ok(name) => roles.find_by_name(realm, &name).await,
        Err(_) => Ok(None),
    }
}

/// Those roles with what they include.
async fn composed(
    roles: &mut (dyn FindRoles + '_),
    realm: Id<Realm>,
    rows: Vec<Role>,
) -> Result<Vec<ComposedRole>, StoreError> {
    let ids: Vec<Id<Role>> = rows.iter().map(|role| role.id).collect();
    let inclusions = roles.inclusions(realm, &ids).await?;
    let mut names: BTreeMap<Id<Role>, RoleName> = rows
        .iter()
        .map(|role| (role.id, role.name.clone()))
        .collect();
    for inclusion in &inclusions {
        if !names.contains_key(&inclusion.included)
            && let Some(role) = roles.find(realm, inclusion.included).await?
        {
            names.insert(role.id, role.name);
        }
    }
    let of = |role: Role| {
        let includes = inclusions.iter().filter(|one| one.role == role.id);
        let includes = includes.filter_map(|one| names.get(&one.included).cloned());
        let mut includes: Vec<RoleName> = includes.collect();
        includes.sort_unstable();
        ComposedRole { role, includes }
    };
    Ok(rows.into_iter().map(of).collect())
}

/// The answer to a text that names no role.
pub(crate) const fn no_role() -> Refusal {
    Refusal::not_found("there is no such role")
}
