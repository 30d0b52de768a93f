//! Describing permissions.

use std::sync::Arc;

use gatelodge_domain::role::Protection;
use gatelodge_domain::{
    Api, AuditAction, AuditEvent, DisplayName, Id, Permission, PermissionDefinition, Realm,
    Revision, Timestamp,
};
use gatelodge_ports::store::{Change, Duplicate, Listed, Lock, PageRequest};
use gatelodge_ports::{StoreError, UnitOfWork};
use serde_json::json;

use super::built_in::built_in_permissions;
use crate::admin::{
    AdminError, Permit, Refusal, Right, ScopesRead, ScopesWrite, Work, built_in_first, changeable,
};
use crate::apis::must_exist;
use crate::{ErrorCode, Foundation};

const PAGE: u16 = 200;

/// Describes permissions.
pub struct AdministerPermissions {
    foundation: Arc<Foundation>,
}

/// What a new permission is.
#[derive(Debug, Clone)]
pub struct NewPermission {
    /// The permission.
    pub name: Permission,
    /// The rest.
    pub definition: PermissionUpdate,
}

/// What can be written of a permission.
#[derive(Debug, Clone)]
pub struct PermissionUpdate {
    /// What it allows, for people.
    pub description: Option<DisplayName>,
    /// The API that asks for it.
    pub api: Option<Id<Api>>,
}

impl AdministerPermissions {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// A page of the realm's permissions, the built-in ones of `system` first.
    pub async fn list(
        &self,
        permit: &Permit<ScopesRead>,
        page: PageRequest<PermissionDefinition>,
    ) -> Result<Listed<PermissionDefinition>, AdminError> {
        let built_in = built_in_permissions(&permit.realm().realm);
        let mut view = self.foundation.store.read().await?;
        let own = view
            .catalogue()
            .list_permissions(permit.realm_id(), page)
            .await?;
        Ok(built_in_first(built_in, |one| one.id, page, own))
    }

    /// One permission, by its row id or name.
    pub async fn get(
        &self,
        permit: &Permit<ScopesRead>,
        permission: &str,
    ) -> Result<PermissionDefinition, AdminError> {
        self.find(permit, permission).await
    }

    /// A permission that is about to be changed; refused where it is built in.
    pub async fn get_to_change(
        &self,
        permit: &Permit<ScopesWrite>,
        permission: &str,
    ) -> Result<PermissionDefinition, AdminError> {
        let permission = self.find(permit, permission).await?;
        changeable(permission.protection, "this permission is built in")?;
        Ok(permission)
    }

    /// Describes a permission.
    pub async fn create(
        &self,
        permit: &Permit<ScopesWrite>,
        new: NewPermission,
    ) -> Result<PermissionDefinition, AdminError> {
        let foundation = &self.foundation;
        let realm = permit.realm_id();
        let mut built_in = built_in_permissions(&permit.realm().realm).into_iter();
        if built_in.any(|one| one.name == new.name) {
            return Err(StoreError::Duplicate(Duplicate::PermissionName).into());
        }
        let now = foundation.clock.now();
        let permission = PermissionDefinition {
            id: foundation.rng.id(now),
            realm,
            name: new.name,
            description: new.definition.description,
            api: new.definition.api,
            protection: Protection::None,
            revision: Revision::FIRST,
            created_at: now,
        };
        let event = self.event(permit, &permission, "created", now).await?;
        let mut work = Work::open(foundation, now).await?;
        must_exist(&mut *work.unit, realm, permission.api).await?;
        let catalogue = work.unit.catalogue();
        catalogue.insert_permission(&permission).await?;
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(permission)
    }

    /// Changes a description whose revision is still that one.
    pub async fn update(
        &self,
        permit: &Permit<ScopesWrite>,
        id: Id<PermissionDefinition>,
        revision: Revision,
        update: PermissionUpdate,
    ) -> Result<PermissionDefinition, AdminError> {
        let foundation = &self.foundation;
        let permission = self.get_to_change(permit, &id.to_string()).await?;
        Refusal::if_changed(permission.revision, revision)?;
        let realm = permit.realm_id();
        let permission = PermissionDefinition {
            description: update.description,
            api: update.api,
            ..permission
        };
        let now = foundation.clock.now();
        let event = self.event(permit, &permission, "updated", now).await?;
        let mut work = Work::open(foundation, now).await?;
        must_exist(&mut *work.unit, realm, permission.api).await?;
        let catalogue = work.unit.catalogue();
        let permission = catalogue.update_permission(&permission).await?;
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(permission)
    }

    /// Removes a description, where its revision is still that one if one is named. Refused
    /// while a role of the realm allows the permission or a scope requires it: what is in use is
    /// not to be forgotten.
    pub async fn delete(
        &self,
        permit: &Permit<ScopesWrite>,
        id: Id<PermissionDefinition>,
        revision: Option<Revision>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let permission = self.get_to_change(permit, &id.to_string()).await?;
        Refusal::if_changed(permission.revision, revision)?;
        let realm = permit.realm_id();
        let now = foundation.clock.now();
        let event = self.event(permit, &permission, "deleted", now).await?;
        let mut work = Work::open(foundation, now).await?;
        work.unit.locks().lock(Lock::Realm(realm)).await?;
        if let Some(user) = user_of(&mut *work.unit, realm, &permission.name).await? {
            let message = format!("{user} names this permission; take it from there first");
            return Err(Refusal::new(ErrorCode::Protected, message).into());
        }
        let catalogue = work.unit.catalogue();
        if !catalogue.remove_permission(realm, id).await? {
            return Err(no_permission().into());
        }
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    async fn event(
        &self,
        permit: &Permit<ScopesWrite>,
        permission: &PermissionDefinition,
        change: &'static str,
        now: Timestamp,
    ) -> Result<AuditEvent, AdminError> {
        let entry = permit
            .done(AuditAction::PermissionChanged)
            .on("permission", permission.id)
            .with(json!({ "change": change, "permission": permission.name.as_str() }));
        Ok(permit.event(&self.foundation, entry, now).await?)
    }

    async fn find<P: Right>(
        &self,
        permit: &Permit<P>,
        text: &str,
    ) -> Result<PermissionDefinition, AdminError> {
        let (realm, id) = (permit.realm_id(), Id::parse(text).ok());
        let is_it = |one: &PermissionDefinition| Some(one.id) == id || one.name.as_str() == text;
        let mut built_in = built_in_permissions(&permit.realm().realm).into_iter();
        if let Some(permission) = built_in.find(is_it) {
            return Ok(permission);
        }
        let mut view = self.foundation.store.read().await?;
        if let Some(id) = id
            && let Some(permission) = view.catalogue().find_permission(realm, id).await?
        {
            return Ok(permission);
        }
        let name = Permission::parse(text).map_err(|_| no_permission())?;
        let catalogue = view.catalogue();
        let found = catalogue.find_permission_by_name(realm, &name).await?;
        found.ok_or_else(|| no_permission().into())
    }
}

/// A role or scope that names a permission, in words. A realm has few of either.
async fn user_of(
    unit: &mut (dyn UnitOfWork + '_),
    realm: Id<Realm>,
    name: &Permission,
) -> Result<Option<String>, StoreError> {
    let mut page = PageRequest::first(PAGE);
    loop {
        let roles = unit.roles().list(realm, page).await?;
        let mut all = roles.items.iter();
        if let Some(role) = all.find(|role| role.permissions.contains(name)) {
            return Ok(Some(format!("the role `{}`", role.name.as_str())));
        }
        match roles.items.last() {
            Some(last) if roles.more => page = PageRequest::after(last.id, PAGE),
            _ => break,
        }
    }
    let mut page = PageRequest::first(PAGE);
    loop {
        let scopes = unit.catalogue().list_scopes(realm, page).await?;
        let mut all = scopes.items.iter();
        if let Some(scope) = all.find(|scope| scope.requires.contains(name)) {
            return Ok(Some(format!("the scope `{}`", scope.name)));
        }
        match scopes.items.last() {
            Some(last) if scopes.more => page = PageRequest::after(last.id, PAGE),
            _ => return Ok(None),
        }
    }
}

const fn no_permission() -> Refusal {
    Refusal::not_found("there is no such permission")
}
