//! APIs, and the definitions of scopes and permissions: three shelves of the same make.

use async_trait::async_trait;
use gatelodge_domain::api::ApiIdentifier;
use gatelodge_domain::{
    Api, Id, Permission, PermissionDefinition, Realm, Revision, Scope, ScopeDefinition,
};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Catalogue, Duplicate, FindCatalogue, Listed, PageRequest};

use crate::table::{Moment, Settle, Table, Verdict, tables};
use crate::view::{Stand, Turn, View, page_of, rows_of};

/// A row that has a name in its realm.
pub(crate) trait Shelved: Clone + Sized {
    /// The name.
    type Name: Ord + Clone;

    /// What it means that the name is taken.
    const TAKEN: Duplicate;

    fn key(&self) -> (Id<Realm>, Id<Self>);
    fn name(&self) -> Self::Name;
    fn revision(&self) -> Revision;

    /// The stored row with what may be written of this one, at the next revision.
    fn over(&self, stored: Self) -> Self;
}

/// Rows of one kind, by row id and name.
pub(crate) struct Shelf<R: Shelved> {
    rows: Table<(Id<Realm>, Id<R>), R>,
    by_name: Table<(Id<Realm>, R::Name), Id<R>>,
}

impl<R: Shelved> Default for Shelf<R> {
    fn default() -> Self {
        Self {
            rows: Table::default(),
            by_name: Table::default(),
        }
    }
}

impl<R: Shelved> Settle for Shelf<R> {
    fn settle(&mut self, verdict: Verdict) {
        self.rows.settle(verdict);
        self.by_name.settle(verdict);
    }
}

impl<R: Shelved> Shelf<R> {
    fn find(&self, at: Moment, key: (Id<Realm>, Id<R>)) -> Option<R> {
        self.rows.get(at, &key).cloned()
    }

    fn find_by_name(&self, at: Moment, realm: Id<Realm>, name: R::Name) -> Option<R> {
        let id = self.by_name.get(at, &(realm, name))?;
        self.find(at, (realm, *id))
    }

    fn list(&self, at: Moment, realm: Id<Realm>, page: &PageRequest<R>) -> Listed<R> {
        let rows = self.rows.range(at, rows_of(realm, page.after));
        page_of(rows.map(|(_, row)| row), page.limit)
    }

    fn any(&self, at: Moment, realm: Id<Realm>, picks: impl Fn(&R) -> bool) -> bool {
        let mut rows = self.rows.range(at, rows_of(realm, None));
        rows.any(|(_, row)| picks(row))
    }

    fn insert(&mut self, at: Moment, row: &R) -> Result<(), StoreError> {
        let (key, name) = (row.key(), (row.key().0, row.name()));
        if self.rows.contains(at, &key) {
            return Err(StoreError::Duplicate(Duplicate::Key));
        }
        if self.by_name.contains(at, &name) {
            return Err(StoreError::Duplicate(R::TAKEN));
        }
        self.by_name.put(at, name, key.1);
        self.rows.put(at, key, row.clone());
        Ok(())
    }

    fn update(&mut self, at: Moment, row: &R) -> Result<R, StoreError> {
        let stored = self.find(at, row.key()).ok_or(StoreError::Stale)?;
        if stored.revision() != row.revision() {
            return Err(StoreError::Stale);
        }
        let updated = row.over(stored);
        self.rows.put(at, row.key(), updated.clone());
        Ok(updated)
    }

    fn remove(&mut self, at: Moment, key: (Id<Realm>, Id<R>)) -> bool {
        let Some(row) = self.find(at, key) else {
            return false;
        };
        self.by_name.remove(at, (key.0, row.name()));
        self.rows.remove(at, key);
        true
    }

    fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let rows = self.rows.range(at, rows_of(realm, None)).take(limit);
        let keys: Vec<(Id<Realm>, Id<R>)> = rows.map(|(key, _)| *key).collect();
        for key in &keys {
            self.remove(at, *key);
        }
        keys.len()
    }
}

tables! {
    /// The three shelves.
    CatalogueTables {
        apis: Shelf<Api>,
        scopes: Shelf<ScopeDefinition>,
        permissions: Shelf<PermissionDefinition>,
    }
}

impl CatalogueTables {
    /// Removes at most so many of a realm's rows.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let scopes = self.scopes.clear(at, realm, limit);
        let permissions = self.permissions.clear(at, realm, limit - scopes);
        let apis = self.apis.clear(at, realm, limit - scopes - permissions);
        scopes + permissions + apis
    }
}

impl Shelved for Api {
    type Name = ApiIdentifier;
    const TAKEN: Duplicate = Duplicate::ApiIdentifier;

    fn key(&self) -> (Id<Realm>, Id<Self>) {
        (self.realm, self.id)
    }

    fn name(&self) -> ApiIdentifier {
        self.identifier.clone()
    }

    fn revision(&self) -> Revision {
        self.revision
    }

    fn over(&self, stored: Self) -> Self {
        Self {
            name: self.name.clone(),
            listing: self.listing,
            revision: self.revision.next(),
            ..stored
        }
    }
}

impl Shelved for ScopeDefinition {
    type Name = Scope;
    const TAKEN: Duplicate = Duplicate::ScopeName;

    fn key(&self) -> (Id<Realm>, Id<Self>) {
        (self.realm, self.id)
    }

    fn name(&self) -> Scope {
        self.name.clone()
    }

    fn revision(&self) -> Revision {
        self.revision
    }

    fn over(&self, stored: Self) -> Self {
        Self {
            id: stored.id,
            realm: stored.realm,
            name: stored.name,
            protection: stored.protection,
            created_at: stored.created_at,
            revision: self.revision.next(),
            ..self.clone()
        }
    }
}

impl Shelved for PermissionDefinition {
    type Name = Permission;
    const TAKEN: Duplicate = Duplicate::PermissionName;

    fn key(&self) -> (Id<Realm>, Id<Self>) {
        (self.realm, self.id)
    }

    fn name(&self) -> Permission {
        self.name.clone()
    }

    fn revision(&self) -> Revision {
        self.revision
    }

    fn over(&self, stored: Self) -> Self {
        Self {
            description: self.description.clone(),
            api: self.api,
            revision: self.revision.next(),
            ..stored
        }
    }
}

#[async_trait]
impl<S: Stand> FindCatalogue for View<S> {
    async fn find_api(&mut self, realm: Id<Realm>, id: Id<Api>) -> Result<Option<Api>, StoreError> {
        self.look(|tables, at| tables.catalogue.apis.find(at, (realm, id)))
    }

    async fn find_api_by_identifier(
        &mut self,
        realm: Id<Realm>,
        identifier: &ApiIdentifier,
    ) -> Result<Option<Api>, StoreError> {
        let name = identifier.clone();
        self.look(|tables, at| tables.catalogue.apis.find_by_name(at, realm, name))
    }

    async fn list_apis(
        &mut self,
        realm: Id<Realm>,
        page: PageRequest<Api>,
    ) -> Result<Listed<Api>, StoreError> {
        self.look(|tables, at| tables.catalogue.apis.list(at, realm, &page))
    }

    async fn find_scope(
        &mut self,
        realm: Id<Realm>,
        id: Id<ScopeDefinition>,
    ) -> Result<Option<ScopeDefinition>, StoreError> {
        self.look(|tables, at| tables.catalogue.scopes.find(at, (realm, id)))
    }

    async fn find_scope_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &Scope,
    ) -> Result<Option<ScopeDefinition>, StoreError> {
        let name = name.clone();
        self.look(|tables, at| tables.catalogue.scopes.find_by_name(at, realm, name))
    }

    async fn list_scopes(
        &mut self,
        realm: Id<Realm>,
        page: PageRequest<ScopeDefinition>,
    ) -> Result<Listed<ScopeDefinition>, StoreError> {
        self.look(|tables, at| tables.catalogue.scopes.list(at, realm, &page))
    }

    async fn find_permission(
        &mut self,
        realm: Id<Realm>,
        id: Id<PermissionDefinition>,
    ) -> Result<Option<PermissionDefinition>, StoreError> {
        self.look(|tables, at| tables.catalogue.permissions.find(at, (realm, id)))
    }

    async fn find_permission_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &Permission,
    ) -> Result<Option<PermissionDefinition>, StoreError> {
        let name = name.clone();
        self.look(|tables, at| tables.catalogue.permissions.find_by_name(at, realm, name))
    }

    async fn list_permissions(
        &mut self,
        realm: Id<Realm>,
        page: PageRequest<PermissionDefinition>,
    ) -> Result<Listed<PermissionDefinition>, StoreError> {
        self.look(|tables, at| tables.catalogue.permissions.list(at, realm, &page))
    }

    async fn api_is_used(&mut self, realm: Id<Realm>, id: Id<Api>) -> Result<bool, StoreError> {
        self.look(|tables, at| {
            let shelves = &tables.catalogue;
            shelves.scopes.any(at, realm, |scope| scope.api == Some(id))
                || shelves
                    .permissions
                    .any(at, realm, |permission| permission.api == Some(id))
        })
    }
}

#[async_trait]
impl Catalogue for View<Turn> {
    async fn insert_api(&mut self, api: &Api) -> Result<(), StoreError> {
        self.change(|tables, at| tables.catalogue.apis.insert(at, api))
    }

    async fn update_api(&mut self, api: &Api) -> Result<Api, StoreError> {
        self.change(|tables, at| tables.catalogue.apis.update(at, api))
    }

    async fn remove_api(&mut self, realm: Id<Realm>, id: Id<Api>) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.catalogue.apis.remove(at, (realm, id))))
    }

    async fn insert_scope(&mut self, scope: &ScopeDefinition) -> Result<(), StoreError> {
        self.change(|tables, at| tables.catalogue.scopes.insert(at, scope))
    }

    async fn update_scope(
        &mut self,
        scope: &ScopeDefinition,
    ) -> Result<ScopeDefinition, StoreError> {
        self.change(|tables, at| tables.catalogue.scopes.update(at, scope))
    }

    async fn remove_scope(
        &mut self,
        realm: Id<Realm>,
        id: Id<ScopeDefinition>,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.catalogue.scopes.remove(at, (realm, id))))
    }

    async fn insert_permission(
        &mut self,
        permission: &PermissionDefinition,
    ) -> Result<(), StoreError> {
        self.change(|tables, at| tables.catalogue.permissions.insert(at, permission))
    }

    async fn update_permission(
        &mut self,
        permission: &PermissionDefinition,
    ) -> Result<PermissionDefinition, StoreError> {
        self.change(|tables, at| tables.catalogue.permissions.update(at, permission))
    }

    async fn remove_permission(
        &mut self,
        realm: Id<Realm>,
        id: Id<PermissionDefinition>,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.catalogue.permissions.remove(at, (realm, id))))
    }
}
