//! [`Users`]; their passwords and lists of them have files of their own.

mod list;
mod passwords;

use async_trait::async_trait;
use gatelodge_domain::user::SubjectId;
use gatelodge_domain::{Id, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindUsers, Listed, PageRequest, UserFilter, UserPage, Users};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue, ColumnTrait as _, Condition, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryTrait as _, Value,
};

use super::statement::return_rows;
use crate::entities::user::{Column, Entity, Model};
use crate::entities::{
    cell, consent, factor, grant, group_member, password, password_history, recovery_code,
    refresh_family, role_holder, session, subject_key, throttle, ticket,
};
use crate::shape::Shape;
use crate::view::{Access, View, Write};

impl<A: Access> View<A> {
    /// The person of whom that column, beside the realm, has that value.
    async fn find_user(
        &mut self,
        shape: &'static Shape,
        realm: Id<Realm>,
        (column, value): (Column, Value),
    ) -> Result<Option<User>, StoreError> {
        let values = vec![cell::bytes_of(realm).into(), value.clone()];
        let query = shape.with(self.executor.backend(), values, |_| {
            let key = of(realm).add(column.eq(value.clone()));
            Entity::find().filter(key).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Model::read(row)?.user())
            .await
    }
}

#[async_trait]
impl<A: Access> FindUsers for View<A> {
    async fn find(&mut self, realm: Id<Realm>, id: Id<User>) -> Result<Option<User>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let key = (Column::Id, cell::bytes_of(id).into());
        self.find_user(&SHAPE, realm, key).await
    }

    async fn find_by_username(
        &mut self,
        realm: Id<Realm>,
        key: &str,
    ) -> Result<Option<User>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let key = (Column::UsernameKey, key.into());
        self.find_user(&SHAPE, realm, key).await
    }

    async fn find_by_email(
        &mut self,
        realm: Id<Realm>,
        key: &str,
    ) -> Result<Option<User>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let key = (Column::EmailKey, key.into());
        self.find_user(&SHAPE, realm, key).await
    }

    async fn find_by_subject(
        &mut self,
        realm: Id<Realm>,
        subject: &SubjectId,
    ) -> Result<Option<User>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let key = (Column::Subject, subject.as_str().into());
        self.find_user(&SHAPE, realm, key).await
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        request: PageRequest<User>,
    ) -> Result<Listed<User>, StoreError> {
        self.list_users(realm, filter, request).await
    }

    async fn list_in_order(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: UserPage,
    ) -> Result<Listed<User>, StoreError> {
        self.list_users_in_order(realm, filter, page).await
    }
}

#[async_trait]
impl Users for View<Write> {
    async fn insert(&mut self, user: &User) -> Result<(), StoreError> {
        self.executor.insert(Model::of(user)?).await
    }

    async fn update(&mut self, user: &User) -> Result<User, StoreError> {
        let mut change = Model::of(user)?.into_active_model().reset_all();
        change.realm = ActiveValue::NotSet;
        change.id = ActiveValue::NotSet;
        change.subject = ActiveValue::NotSet;
        change.created_at = ActiveValue::NotSet;
        change.revision = ActiveValue::Set(i64::from(user.revision.next().0));
        let mut update = Entity::update_many()
            .set(change)
            .filter(of(user.realm).add(Column::Id.eq(cell::bytes_of(user.id))))
            .filter(Column::Revision.eq(i64::from(user.revision.0)))
            .into_query();
        return_rows::<Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| Model::read(row)?.user())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn remove(&mut self, realm: Id<Realm>, id: Id<User>) -> Result<bool, StoreError> {
        let (in_realm, theirs) = (cell::bytes_of(realm), cell::bytes_of(id));
        macro_rules! remove_from {
            ($($table:ident by $column:ident $(of kind $kind:ident)?;)+) => { $({
                let rows = $table::Entity::delete_many()
                    .filter($table::Column::Realm.eq(in_realm.clone()))
                    .filter($table::Column::$column.eq(theirs.clone()))
                    $(.filter($table::Column::$kind.eq("user")))?;
                self.executor.execute(&rows.into_query()).await?;
            })+ };
        }
        remove_from! {
            ticket by Subject of kind SubjectKind;
            refresh_family by Subject of kind SubjectKind;
            grant by Subject of kind SubjectKind;
            consent by UserId;
            session by UserId;
            role_holder by Holder of kind HolderKind;
            group_member by UserId;
            password by UserId;
            password_history by UserId;
            subject_key by UserId;
            factor by UserId;
            recovery_code by UserId;
            throttle by UserId;
        }
        let delete = Entity::delete_many()
            .filter(of(realm).add(Column::Id.eq(theirs)))
            .into_query();
        self.executor.execute(&delete).await.map(|rows| rows > 0)
    }
}

fn of(realm: Id<Realm>) -> Condition {
    Condition::all().add(Column::Realm.eq(cell::bytes_of(realm)))
}
