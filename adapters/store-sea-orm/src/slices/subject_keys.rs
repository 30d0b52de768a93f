//! [`SubjectKeys`]: a person's own key.

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindSubjectKeys, SubjectKeys};
use sea_orm::{EntityTrait as _, IntoActiveModel as _, QueryTrait as _};

use crate::entities::cell;
use crate::entities::subject_key::{Entity, Model};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindSubjectKeys for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let query = Entity::find_by_id((cell::bytes_of(realm), cell::bytes_of(user))).into_query();
        self.executor
            .fetch_one(&query, |row| Ok(Model::read(row)?.sealed))
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
        let insert = Entity::insert(row.into_active_model()).into_query();
        self.executor.execute(&insert).await.map(|_| ())
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
