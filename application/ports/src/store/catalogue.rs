//! What tokens of a realm can be about: its APIs, and the definitions of scopes and permissions.
//!
//! Writing an API or a scope is announced as a change of its realm by the use case that does it,
//! because discovery and the granting of scopes keep them in memory.

use async_trait::async_trait;
use gatelodge_domain::api::ApiIdentifier;
use gatelodge_domain::{Api, Id, Permission, PermissionDefinition, Realm, Scope, ScopeDefinition};

use super::{Listed, PageRequest};
use crate::StoreError;

/// Reads APIs, scopes and permissions.
#[async_trait]
pub trait FindCatalogue: Send {
    /// One API.
    async fn find_api(&mut self, realm: Id<Realm>, id: Id<Api>) -> Result<Option<Api>, StoreError> {
        let _ = (realm, id);
        Err(StoreError::Unsupported)
    }

    /// By what tokens call it.
    async fn find_api_by_identifier(
        &mut self,
        realm: Id<Realm>,
        identifier: &ApiIdentifier,
    ) -> Result<Option<Api>, StoreError> {
        let _ = (realm, identifier);
        Err(StoreError::Unsupported)
    }

    /// A page of APIs, by row id.
    async fn list_apis(
        &mut self,
        realm: Id<Realm>,
        page: PageRequest<Api>,
    ) -> Result<Listed<Api>, StoreError> {
        let _ = (realm, page);
        Err(StoreError::Unsupported)
    }

    /// Whether a scope or a permission belongs to an API.
    async fn api_is_used(&mut self, realm: Id<Realm>, id: Id<Api>) -> Result<bool, StoreError> {
        let _ = (realm, id);
        Err(StoreError::Unsupported)
    }

    /// One scope.
    async fn find_scope(
        &mut self,
        realm: Id<Realm>,
        id: Id<ScopeDefinition>,
    ) -> Result<Option<ScopeDefinition>, StoreError> {
        let _ = (realm, id);
        Err(StoreError::Unsupported)
    }

    /// By its name.
    async fn find_scope_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &Scope,
    ) -> Result<Option<ScopeDefinition>, StoreError> {
        let _ = (realm, name);
        Err(StoreError::Unsupported)
    }

    /// A page of scopes, by row id.
    async fn list_scopes(
        &mut self,
        realm: Id<Realm>,
        page: PageRequest<ScopeDefinition>,
    ) -> Result<Listed<ScopeDefinition>, StoreError> {
        let _ = (realm, page);
        Err(StoreError::Unsupported)
    }

    /// One permission.
    async fn find_permission(
        &mut self,
        realm: Id<Realm>,
        id: Id<PermissionDefinition>,
    ) -> Result<Option<PermissionDefinition>, StoreError> {
        let _ = (realm, id);
        Err(StoreError::Unsupported)
    }

    /// By its name.
    async fn find_permission_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &Permission,
    ) -> Result<Option<PermissionDefinition>, StoreError> {
        let _ = (realm, name);
        Err(StoreError::Unsupported)
    }

    /// A page of permissions, by row id.
    async fn list_permissions(
        &mut self,
        realm: Id<Realm>,
        page: PageRequest<PermissionDefinition>,
    ) -> Result<Listed<PermissionDefinition>, StoreError> {
        let _ = (realm, page);
        Err(StoreError::Unsupported)
    }
}

/// Writes APIs, scopes and permissions.
#[async_trait]
pub trait Catalogue: FindCatalogue {
    /// Adds an API; `Duplicate(ApiIdentifier)` when taken.
    async fn insert_api(&mut self, api: &Api) -> Result<(), StoreError> {
        let _ = api;
        Err(StoreError::Unsupported)
    }

    /// Writes name and listing where the revision fits, and counts it up; `Stale` otherwise.
    async fn update_api(&mut self, api: &Api) -> Result<Api, StoreError> {
        let _ = api;
        Err(StoreError::Unsupported)
    }

    /// Removes an API. False when there was none.
    async fn remove_api(&mut self, realm: Id<Realm>, id: Id<Api>) -> Result<bool, StoreError> {
        let _ = (realm, id);
        Err(StoreError::Unsupported)
    }

    /// Adds a scope; `Duplicate(ScopeName)` when taken.
    async fn insert_scope(&mut self, scope: &ScopeDefinition) -> Result<(), StoreError> {
        let _ = scope;
        Err(StoreError::Unsupported)
    }

    /// Writes all but id, realm, name, protection and `created_at` where the revision fits, and
    /// counts it up; `Stale` otherwise.
    async fn update_scope(
        &mut self,
        scope: &ScopeDefinition,
    ) -> Result<ScopeDefinition, StoreError> {
        let _ = scope;
        Err(StoreError::Unsupported)
    }

    /// Removes a scope. False when there was none.
    async fn remove_scope(
        &mut self,
        realm: Id<Realm>,
        id: Id<ScopeDefinition>,
    ) -> Result<bool, StoreError> {
        let _ = (realm, id);
        Err(StoreError::Unsupported)
    }

    /// Adds a permission; `Duplicate(PermissionName)` when taken.
    async fn insert_permission(
        &mut self,
        permission: &PermissionDefinition,
    ) -> Result<(), StoreError> {
        let _ = permission;
        Err(StoreError::Unsupported)
    }

    /// Writes all but id, realm, name, protection and `created_at` where the revision fits, and
    /// counts it up; `Stale` otherwise.
    async fn update_permission(
        &mut self,
        permission: &PermissionDefinition,
    ) -> Result<PermissionDefinition, StoreError> {
        let _ = permission;
        Err(StoreError::Unsupported)
    }

    /// Removes a permission's definition. False when there was none.
    async fn remove_permission(
        &mut self,
        realm: Id<Realm>,
        id: Id<PermissionDefinition>,
    ) -> Result<bool, StoreError> {
        let _ = (realm, id);
        Err(StoreError::Unsupported)
    }
}
