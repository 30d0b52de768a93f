//! [`Catalogue`]: APIs, and the definitions of scopes and permissions.

use async_trait::async_trait;
use gatelodge_domain::api::ApiIdentifier;
use gatelodge_domain::{Api, Id, Permission, PermissionDefinition, Realm, Scope, ScopeDefinition};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Catalogue, FindCatalogue, Listed, PageRequest};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
};

use super::statement::{listed, page, return_rows};
use crate::entities::{api, cell, permission, scope};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindCatalogue for View<A> {
    async fn find_api(&mut self, realm: Id<Realm>, id: Id<Api>) -> Result<Option<Api>, StoreError> {
        let key = (cell::bytes_of(realm), cell::bytes_of(id));
        let query = api::Entity::find_by_id(key).into_query();
        self.executor
            .fetch_one(&query, |row| api::Model::read(row)?.api())
            .await
    }

    async fn find_api_by_identifier(
        &mut self,
        realm: Id<Realm>,
        identifier: &ApiIdentifier,
    ) -> Result<Option<Api>, StoreError> {
        let query = api::Entity::find()
            .filter(api::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(api::Column::Identifier.eq(identifier.as_str()))
            .into_query();
        self.executor
            .fetch_one(&query, |row| api::Model::read(row)?.api())
            .await
    }

    async fn list_apis(
        &mut self,
        realm: Id<Realm>,
        request: PageRequest<Api>,
    ) -> Result<Listed<Api>, StoreError> {
        let rows = api::Entity::find().filter(api::Column::Realm.eq(cell::bytes_of(realm)));
        let query = page(rows, api::Column::Id, &request);
        let rows = self
            .executor
            .scan(&query, |row| api::Model::read(row)?.api())
            .await?;
        Ok(listed(rows, request.limit))
    }

    async fn find_scope(
        &mut self,
        realm: Id<Realm>,
        id: Id<ScopeDefinition>,
    ) -> Result<Option<ScopeDefinition>, StoreError> {
        let key = (cell::bytes_of(realm), cell::bytes_of(id));
        let query = scope::Entity::find_by_id(key).into_query();
        self.executor
            .fetch_one(&query, |row| scope::Model::read(row)?.scope())
            .await
    }

    async fn find_scope_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &Scope,
    ) -> Result<Option<ScopeDefinition>, StoreError> {
        let query = scope::Entity::find()
            .filter(scope::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(scope::Column::Name.eq(name.as_str()))
            .into_query();
        self.executor
            .fetch_one(&query, |row| scope::Model::read(row)?.scope())
            .await
    }

    async fn list_scopes(
        &mut self,
        realm: Id<Realm>,
        request: PageRequest<ScopeDefinition>,
    ) -> Result<Listed<ScopeDefinition>, StoreError> {
        let rows = scope::Entity::find().filter(scope::Column::Realm.eq(cell::bytes_of(realm)));
        let query = page(rows, scope::Column::Id, &request);
        let rows = self
            .executor
            .scan(&query, |row| scope::Model::read(row)?.scope())
            .await?;
        Ok(listed(rows, request.limit))
    }

    async fn find_permission(
        &mut self,
        realm: Id<Realm>,
        id: Id<PermissionDefinition>,
    ) -> Result<Option<PermissionDefinition>, StoreError> {
        let key = (cell::bytes_of(realm), cell::bytes_of(id));
        let query = permission::Entity::find_by_id(key).into_query();
        self.executor
            .fetch_one(&query, |row| permission::Model::read(row)?.permission())
            .await
    }

    async fn find_permission_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &Permission,
    ) -> Result<Option<PermissionDefinition>, StoreError> {
        let query = permission::Entity::find()
            .filter(permission::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(permission::Column::Name.eq(name.as_str()))
            .into_query();
        self.executor
            .fetch_one(&query, |row| permission::Model::read(row)?.permission())
            .await
    }

    async fn list_permissions(
        &mut self,
        realm: Id<Realm>,
        request: PageRequest<PermissionDefinition>,
    ) -> Result<Listed<PermissionDefinition>, StoreError> {
        let rows =
            permission::Entity::find().filter(permission::Column::Realm.eq(cell::bytes_of(realm)));
        let query = page(rows, permission::Column::Id, &request);
        let rows = self
            .executor
            .scan(&query, |row| permission::Model::read(row)?.permission())
            .await?;
        Ok(listed(rows, request.limit))
    }

    async fn api_is_used(&mut self, realm: Id<Realm>, id: Id<Api>) -> Result<bool, StoreError> {
        let (realm, id) = (cell::bytes_of(realm), cell::bytes_of(id));
        let scopes = scope::Entity::find()
            .select_only()
            .column(scope::Column::Id)
            .filter(scope::Column::Realm.eq(realm.clone()))
            .filter(scope::Column::Api.eq(id.clone()))
            .limit(1)
            .into_query();
        let permissions = permission::Entity::find()
            .select_only()
            .column(permission::Column::Id)
            .filter(permission::Column::Realm.eq(realm))
            .filter(permission::Column::Api.eq(id))
            .limit(1)
            .into_query();
        for any in [scopes, permissions] {
            if self.executor.fetch_one(&any, |_| Ok(())).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[async_trait]
impl Catalogue for View<Write> {
    async fn insert_api(&mut self, api: &Api) -> Result<(), StoreError> {
        self.executor.insert(api::Model::of(api)).await
    }

    async fn update_api(&mut self, api: &Api) -> Result<Api, StoreError> {
        let row = api::Model::of(api);
        let count = api::Column::Revision;
        let mut update = api::Entity::update_many()
            .col_expr(api::Column::Name, Expr::value(row.name))
            .col_expr(api::Column::Listed, Expr::value(row.listed))
            .col_expr(count, Expr::col(count).add(1_i64))
            .filter(api::Column::Realm.eq(row.realm))
            .filter(api::Column::Id.eq(row.id))
            .filter(count.eq(row.revision))
            .into_query();
        return_rows::<api::Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| api::Model::read(row)?.api())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn remove_api(&mut self, realm: Id<Realm>, id: Id<Api>) -> Result<bool, StoreError> {
        let key = (cell::bytes_of(realm), cell::bytes_of(id));
        let delete = api::Entity::delete_many().filter_by_ids([key]);
        self.executor
            .execute(&delete.into_query())
            .await
            .map(|rows| rows > 0)
    }

    async fn insert_scope(&mut self, scope: &ScopeDefinition) -> Result<(), StoreError> {
        self.executor.insert(scope::Model::of(scope)?).await
    }

    async fn update_scope(
        &mut self,
        scope: &ScopeDefinition,
    ) -> Result<ScopeDefinition, StoreError> {
        let row = scope::Model::of(scope)?;
        let count = scope::Column::Revision;
        let mut update = scope::Entity::update_many()
            .col_expr(scope::Column::Description, Expr::value(row.description))
            .col_expr(scope::Column::Api, Expr::value(row.api))
            .col_expr(scope::Column::Requires, Expr::value(row.requires))
            .col_expr(scope::Column::Listed, Expr::value(row.listed))
            .col_expr(count, Expr::col(count).add(1_i64))
            .filter(scope::Column::Realm.eq(row.realm))
            .filter(scope::Column::Id.eq(row.id))
            .filter(count.eq(row.revision))
            .into_query();
        return_rows::<scope::Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| scope::Model::read(row)?.scope())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn remove_scope(
        &mut self,
        realm: Id<Realm>,
        id: Id<ScopeDefinition>,
    ) -> Result<bool, StoreError> {
        let key = (cell::bytes_of(realm), cell::bytes_of(id));
        let delete = scope::Entity::delete_many().filter_by_ids([key]);
        self.executor
            .execute(&delete.into_query())
            .await
            .map(|rows| rows > 0)
    }

    async fn insert_permission(
        &mut self,
        permission: &PermissionDefinition,
    ) -> Result<(), StoreError> {
        self.executor
            .insert(permission::Model::of(permission))
            .await
    }

    async fn update_permission(
        &mut self,
        permission: &PermissionDefinition,
    ) -> Result<PermissionDefinition, StoreError> {
        let row = permission::Model::of(permission);
        let count = permission::Column::Revision;
        let mut update = permission::Entity::update_many()
            .col_expr(
                permission::Column::Description,
                Expr::value(row.description),
            )
            .col_expr(permission::Column::Api, Expr::value(row.api))
            .col_expr(count, Expr::col(count).add(1_i64))
            .filter(permission::Column::Realm.eq(row.realm))
            .filter(permission::Column::Id.eq(row.id))
            .filter(count.eq(row.revision))
            .into_query();
        return_rows::<permission::Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| permission::Model::read(row)?.permission())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn remove_permission(
        &mut self,
        realm: Id<Realm>,
        id: Id<PermissionDefinition>,
    ) -> Result<bool, StoreError> {
        let key = (cell::bytes_of(realm), cell::bytes_of(id));
        let delete = permission::Entity::delete_many().filter_by_ids([key]);
        self.executor
            .execute(&delete.into_query())
            .await
            .map(|rows| rows > 0)
    }
}
