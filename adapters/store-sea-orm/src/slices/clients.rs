//! [`Clients`].

use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::{Client, ClientId, Id, Origin, Realm, RedirectUri};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{ClientFilter, Clients, FindClients, Listed, PageRequest};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Query};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue, ColumnTrait as _, Condition, DbBackend, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
};

use super::statement::{begins_with, delete_some, listed, page, return_rows};
use crate::entities::client::{self, Column, Entity, Model};
use crate::entities::{cell, consent, grant, refresh_family, role_holder, ticket};
use crate::shape::Shape;
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindClients for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<Client>,
    ) -> Result<Option<Client>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let key = (cell::bytes_of(realm), cell::bytes_of(id));
        let values = vec![key.0.clone().into(), key.1.clone().into()];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            Entity::find_by_id(key.clone()).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Model::read(row)?.client())
            .await
    }

    async fn find_by_client_id(
        &mut self,
        realm: Id<Realm>,
        client_id: &ClientId,
    ) -> Result<Option<Client>, StoreError> {
        let key = of(realm).add(Column::ClientId.eq(client_id.as_str()));
        let query = Entity::find().filter(key).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.client())
            .await
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: &ClientFilter,
        request: PageRequest<Client>,
    ) -> Result<Listed<Client>, StoreError> {
        let mut all = of(realm);
        if let Some(prefix) = &filter.client_id_prefix {
            all = all.add(begins_with(Column::ClientId.into_expr(), prefix));
        }
        all = match filter.enabled {
            Some(true) => all.add(Column::DisabledSince.is_null()),
            Some(false) => all.add(Column::DisabledSince.is_not_null()),
            None => all,
        };
        if let Some(prefix) = &filter.name_prefix {
            // As the index has it; both engines know the letters of ASCII only here.
            let name = Expr::from(Func::lower(Column::ClientName.into_expr()));
            all = all.add(begins_with(name, &prefix.to_ascii_lowercase()));
        }
        if let Some(origin) = filter.origin {
            all = all.add(Column::Origin.eq(client::origin_name(origin)));
        }
        if let Some(grant_type) = &filter.grant_type {
            // The column holds a JSON list of words.
            all = all.add(Column::GrantTypes.contains(format!("\"{grant_type}\"")));
        }
        let query = page(Entity::find().filter(all), Column::Id, &request);
        let clients = self
            .executor
            .scan(&query, |row| Model::read(row)?.client())
            .await?;
        Ok(listed(clients, request.limit))
    }

    async fn allowed_origins(&mut self, realm: Id<Realm>) -> Result<Vec<Origin>, StoreError> {
        let query = Entity::find()
            .select_only()
            .columns([Column::RedirectUris, Column::AllowedOrigins])
            .filter(of(realm).add(Column::DisabledSince.is_null()))
            .into_query();
        let per_client = self
            .executor
            .scan(&query, |row| {
                let uris = client::redirect_uris(&row.get::<String>("redirect_uris")?)?;
                let allowed = row.get::<String>("allowed_origins")?;
                let mut origins = client::allowed_origins::<Vec<Origin>>(&allowed)?;
                origins.extend(uris.iter().filter_map(RedirectUri::origin));
                Ok(origins)
            })
            .await?;
        let origins: BTreeSet<Origin> = per_client.into_iter().flatten().collect();
        Ok(origins.into_iter().collect())
    }
}

#[async_trait]
impl Clients for View<Write> {
    async fn insert(&mut self, client: &Client) -> Result<(), StoreError> {
        self.executor.insert(Model::of(client)?).await
    }

    async fn update(&mut self, client: &Client) -> Result<Client, StoreError> {
        let mut change = Model::of(client)?.into_active_model().reset_all();
        change.realm = ActiveValue::NotSet;
        change.id = ActiveValue::NotSet;
        change.created_at = ActiveValue::NotSet;
        change.revision = ActiveValue::Set(i64::from(client.revision.next().0));
        let mut update = Entity::update_many()
            .set(change)
            .filter(of(client.realm).add(Column::Id.eq(cell::bytes_of(client.id))))
            .filter(Column::Revision.eq(i64::from(client.revision.0)))
            .into_query();
        return_rows::<Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| Model::read(row)?.client())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn strip(
        &mut self,
        realm: Id<Realm>,
        id: Id<Client>,
        limit: u16,
    ) -> Result<u64, StoreError> {
        let (in_realm, its) = (cell::bytes_of(realm), cell::bytes_of(id));
        let mut removed = 0;
        macro_rules! remove_some {
            ($($table:ident)+) => { $({
                let rows = Condition::all()
                    .add($table::Column::Realm.eq(in_realm.clone()))
                    .add($table::Column::Client.eq(its.clone()));
                let delete = delete_some::<$table::Entity>(rows, u64::from(limit));
                removed += self.executor.execute(&delete).await?;
            })+ };
        }
        remove_some! { ticket refresh_family grant }
        // All of a consent's columns asked here are in its key, which SQLite would therefore walk
        // through for the whole realm; the row's place is in the index by client.
        let place = match self.executor.backend() {
            DbBackend::Postgres => "ctid",
            _ => "rowid",
        };
        let mut given = Query::select();
        given
            .expr(Expr::cust(place))
            .from(consent::Entity)
            .and_where(consent::Column::Realm.eq(in_realm))
            .and_where(consent::Column::Client.eq(its))
            .limit(u64::from(limit));
        let delete = consent::Entity::delete_many()
            .filter(Expr::cust(place).in_subquery(given))
            .into_query();
        Ok(removed + self.executor.execute(&delete).await?)
    }

    async fn remove(&mut self, realm: Id<Realm>, id: Id<Client>) -> Result<bool, StoreError> {
        let (in_realm, its) = (cell::bytes_of(realm), cell::bytes_of(id));
        macro_rules! remove_from {
            ($($table:ident where $condition:expr;)+) => { $({
                let rows = $table::Entity::delete_many()
                    .filter($table::Column::Realm.eq(in_realm.clone()))
                    .filter($condition);
                self.executor.execute(&rows.into_query()).await?;
            })+ };
        }
        remove_from! {
            ticket where ticket::Column::Client.eq(its.clone());
            refresh_family where refresh_family::Column::Client.eq(its.clone());
            grant where grant::Column::Client.eq(its.clone());
            consent where consent::Column::Client.eq(its.clone());
            role_holder where Condition::all()
                .add(role_holder::Column::Holder.eq(its.clone()))
                .add(role_holder::Column::HolderKind.eq("client"));
        }
        let delete = Entity::delete_many()
            .filter(of(realm).add(Column::Id.eq(its)))
            .into_query();
        self.executor.execute(&delete).await.map(|rows| rows > 0)
    }
}

fn of(realm: Id<Realm>) -> Condition {
    Condition::all().add(Column::Realm.eq(cell::bytes_of(realm)))
}
