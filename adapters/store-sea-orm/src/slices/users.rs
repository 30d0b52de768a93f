//! [`Users`] and [`Passwords`].

use async_trait::async_trait;
use gatelodge_domain::user::SubjectId;
use gatelodge_domain::{Id, PasswordCredential, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    FindPasswords, FindUsers, Listed, PageRequest, Passwords, UserFilter, Users,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue, ColumnTrait as _, Condition, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QuerySelect as _, QueryTrait as _, Value,
};

use super::search::Search;
use super::statement::{
    FEW, begins_with, count_few, listed, page, page_gathered, return_rows, unled,
};
use crate::entities::user::{Column, Entity, Model};
use crate::entities::{
    cell, consent, grant, group_member, password, refresh_family, role_holder, session,
    subject_key, ticket,
};
use crate::row::Row;
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
        let mut all = of(realm);
        if let Some(key) = &filter.email_key {
            all = all.add(Column::EmailKey.eq(key.as_str()));
        }
        if let Some(status) = filter.status {
            all = all.add(Column::Status.eq(status));
        }
        let read = |row: &Row<'_>| Model::read(row)?.user();
        let Some(prefix) = &filter.username_prefix else {
            let query = page(Entity::find().filter(all), Column::Id, &request);
            let users = self.executor.scan(&query, read).await?;
            return Ok(listed(users, request.limit));
        };
        // An address has at most one person, whatever their name begins with.
        if filter.email_key.is_some() {
            let named = begins_with(unled(Column::UsernameKey), prefix);
            let query = page(Entity::find().filter(all.add(named)), Column::Id, &request);
            let users = self.executor.scan(&query, read).await?;
            return Ok(listed(users, request.limit));
        }
        let named = begins_with(Column::UsernameKey.into_expr(), prefix);
        let gathered = all.clone().add(named.clone());
        if self.are_few(of(realm).add(named)).await? {
            let query = page_gathered::<Entity, _>(of(realm), gathered, Column::Id, &request);
            let users = self.executor.scan(&query, read).await?;
            return Ok(listed(users, request.limit));
        }
        if let Some(status) = filter.status
            && self
                .are_few(of(realm).add(Column::Status.eq(status)))
                .await?
        {
            let named = begins_with(unled(Column::UsernameKey), prefix);
            let query = page(Entity::find().filter(all.add(named)), Column::Id, &request);
            let users = self.executor.scan(&query, read).await?;
            return Ok(listed(users, request.limit));
        }
        // A common beginning is soon met as often as the page needs, unless all who have it
        // joined later.
        let search = Search::<Entity> {
            all: of(realm),
            wanted: gathered.clone(),
            gathered,
            key: Column::Id,
        };
        self.search(search, &request, read).await
    }
}

impl<A: Access> View<A> {
    /// Whether these people are so few that going through all of them costs next to nothing.
    async fn are_few(&mut self, people: Condition) -> Result<bool, StoreError> {
        let people = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(people);
        let count = count_few(people.into_query());
        let counted = self
            .executor
            .scan(&count, |row| cell::number::<u64>(row.first()?));
        Ok(counted.await?.first().is_none_or(|count| *count <= FEW))
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
            subject_key by UserId;
        }
        let delete = Entity::delete_many()
            .filter(of(realm).add(Column::Id.eq(theirs)))
            .into_query();
        self.executor.execute(&delete).await.map(|rows| rows > 0)
    }
}

#[async_trait]
impl<A: Access> FindPasswords for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Option<PasswordCredential>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let key = (cell::bytes_of(realm), cell::bytes_of(user));
        let values = vec![key.0.clone().into(), key.1.clone().into()];
        let query = SHAPE.with(self.executor.backend(), values, |_| {
            password::Entity::find_by_id(key.clone()).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| password::Model::read(row)?.credential())
            .await
    }
}

#[async_trait]
impl Passwords for View<Write> {
    async fn put(&mut self, credential: &PasswordCredential) -> Result<(), StoreError> {
        use password::{Column, Entity, Model};
        // The revision is counted up whatever the caller knew, so that a rehash of the old
        // password that is under way finds itself stale.
        let replace = OnConflict::columns([Column::Realm, Column::UserId])
            .update_columns([Column::Hash, Column::ChangedAt])
            .value(Column::Revision, Column::Revision.into_expr().add(1_i64))
            .to_owned();
        let upsert = Entity::insert(Model::of(credential).into_active_model())
            .on_conflict(replace)
            .into_query();
        self.executor.execute(&upsert).await.map(|_| ())
    }

    async fn rehash(&mut self, credential: &PasswordCredential) -> Result<(), StoreError> {
        use password::{Column, Entity};
        let update = Entity::update_many()
            .col_expr(Column::Hash, Expr::value(credential.hash.as_phc()))
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1_i64))
            .filter(Column::Realm.eq(cell::bytes_of(credential.realm)))
            .filter(Column::UserId.eq(cell::bytes_of(credential.user)))
            .filter(Column::Revision.eq(i64::from(credential.revision.0)))
            .into_query();
        match self.executor.execute(&update).await? {
            1 => Ok(()),
            _ => Err(StoreError::Stale),
        }
    }
}

fn of(realm: Id<Realm>) -> Condition {
    Condition::all().add(Column::Realm.eq(cell::bytes_of(realm)))
}
