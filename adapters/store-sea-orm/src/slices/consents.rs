//! [`Consents`].

use async_trait::async_trait;
use gatelodge_domain::{Client, Consent, Id, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Consents, FindConsents};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QueryTrait as _,
};

use crate::entities::cell;
use crate::entities::consent::{Column, Entity, Model};
use crate::shape::Shape;
use crate::view::{Access, View, Write};

type Key = (Vec<u8>, Vec<u8>, Vec<u8>);

#[async_trait]
impl<A: Access> FindConsents for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        client: Id<Client>,
    ) -> Result<Option<Consent>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let (in_realm, theirs, with) = key(realm, user, client);
        let values = vec![in_realm.into(), theirs.into(), with.into()];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            Entity::find_by_id(key(realm, user, client)).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Model::read(row)?.consent())
            .await
    }

    async fn list_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Consent>, StoreError> {
        let query = Entity::find()
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::UserId.eq(cell::bytes_of(user)))
            .order_by_asc(Column::Client)
            .into_query();
        self.executor
            .fetch_all(&query, |row| Model::read(row)?.consent())
            .await
    }
}

#[async_trait]
impl Consents for View<Write> {
    async fn put(&mut self, consent: &Consent) -> Result<(), StoreError> {
        let replace = OnConflict::columns([Column::Realm, Column::UserId, Column::Client])
            .update_columns([Column::Scopes, Column::CreatedAt, Column::UpdatedAt])
            .to_owned();
        let upsert = Entity::insert(Model::of(consent).into_active_model())
            .on_conflict(replace)
            .into_query();
        self.executor.execute(&upsert).await.map(|_| ())
    }

    async fn remove(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        client: Id<Client>,
    ) -> Result<bool, StoreError> {
        let delete = Entity::delete_many().filter_by_ids([key(realm, user, client)]);
        self.executor
            .execute(&delete.into_query())
            .await
            .map(|rows| rows > 0)
    }
}

fn key(realm: Id<Realm>, user: Id<User>, client: Id<Client>) -> Key {
    (
        cell::bytes_of(realm),
        cell::bytes_of(user),
        cell::bytes_of(client),
    )
}
