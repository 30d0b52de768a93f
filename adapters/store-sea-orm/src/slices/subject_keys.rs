//! [`SubjectKeys`]: a person's own key.

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindSubjectKeys, SubjectKeys};
use sea_orm::{EntityTrait as _, QueryTrait as _};

use crate::entities::cell;
use crate::entities::subject_key::{Entity, Model};
use crate::shape::Shape;
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindSubjectKeys for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let key = (cell::bytes_of(realm), cell::bytes_of(user));
        let values = vec![key.0.clone().into(), key.1.clone().into()];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            Entity::find_by_id(key.clone()).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Ok(Model::read(row)?.sealed))
            .await
    }
}

#[async_trait]
impl SubjectKeys for View<Write> {
    async fn insert(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        sealed: &[u8],
    ) -> Result<(), StoreError> {
        let row = Model {
            realm: cell::bytes_of(realm),
            user_id: cell::bytes_of(user),
            sealed: sealed.to_vec(),
        };
        self.executor.insert(row).await
    }

    async fn destroy(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<bool, StoreError> {
        let delete =
            Entity::delete_many().filter_by_ids([(cell::bytes_of(realm), cell::bytes_of(user))]);
        self.executor
            .execute(&delete.into_query())
            .await
            .map(|rows| rows > 0)
    }
}
