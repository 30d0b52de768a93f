//! [`Realms`], and the removal of everything in one.

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, RealmSlug};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRealms, Listed, PageRequest, Realms, Swept};
use sea_orm::sea_query::DeleteStatement;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryTrait as _,
};

use super::statement::{delete_some, listed, page, return_rows};
use crate::entities::realm::{Column, Entity, Model};
use crate::entities::{
    api, cell, client, consent, factor, grant, group, group_member, message, password,
    password_history, permission, realm_document, recovery_code, refresh_family, revocation, role,
    role_holder, role_include, scope, session, signing_key, subject_key, throttle, ticket, user,
};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindRealms for View<A> {
    async fn find(&mut self, id: Id<Realm>) -> Result<Option<Realm>, StoreError> {
        let query = Entity::find_by_id(cell::bytes_of(id)).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.realm())
            .await
    }

    async fn find_by_slug(&mut self, slug: &RealmSlug) -> Result<Option<Realm>, StoreError> {
        let query = Entity::find()
            .filter(Column::Slug.eq(slug.as_str()))
            .into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.realm())
            .await
    }

    async fn list(&mut self, request: PageRequest<Realm>) -> Result<Listed<Realm>, StoreError> {
        let query = page(Entity::find(), Column::Id, &request);
        let realms = self
            .executor
            .scan(&query, |row| Model::read(row)?.realm())
            .await?;
        Ok(listed(realms, request.limit))
    }
}

#[async_trait]
impl Realms for View<Write> {
    async fn insert(&mut self, realm: &Realm) -> Result<(), StoreError> {
        self.executor.insert(Model::of(realm)?).await
    }

    async fn update(&mut self, realm: &Realm) -> Result<Realm, StoreError> {
        let mut change = Model::of(realm)?.into_active_model().reset_all();
        change.id = ActiveValue::NotSet;
        change.slug = ActiveValue::NotSet;
        change.created_at = ActiveValue::NotSet;
        change.revision = ActiveValue::Set(i64::from(realm.revision.next().0));
        let mut update = Entity::update_many()
            .set(change)
            .filter(Column::Id.eq(cell::bytes_of(realm.id)))
            .filter(Column::Revision.eq(i64::from(realm.revision.0)))
            .into_query();
        return_rows::<Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| Model::read(row)?.realm())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn sweep(&mut self, id: Id<Realm>, limit: u16) -> Result<Swept, StoreError> {
        let realm = cell::bytes_of(id);
        let mut left = u64::from(limit);
        // One statement a table, at most; the rows that others name go last.
        for clear in ROOMS {
            if left == 0 {
                return Ok(Swept::More);
            }
            left -= self
                .executor
                .execute(&clear(realm.clone(), left))
                .await?
                .min(left);
        }
        if left == 0 {
            return Ok(Swept::More);
        }
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(realm))
            .into_query();
        self.executor.execute(&delete).await?;
        Ok(Swept::Done)
    }
}

/// Removes at most so many of a realm's rows from one table.
type Clear = fn(Vec<u8>, u64) -> DeleteStatement;

macro_rules! rooms {
    ($($table:ident,)+) => {
        /// Every table with rows of a realm, but for the audit trail, the change feed, and the
        /// watermarks, which outlive the realm as the tokens do that they concern.
        const ROOMS: &[Clear] = &[$(
            |realm, limit| delete_some::<$table::Entity>($table::Column::Realm.eq(realm), limit),
        )+];
    };
}

rooms! {
    ticket,
    throttle,
    factor,
    recovery_code,
    refresh_family,
    session,
    grant,
    consent,
    revocation,
    message,
    realm_document,
    role_holder,
    role_include,
    group_member,
    role,
    group,
    scope,
    permission,
    api,
    password,
    password_history,
    subject_key,
    client,
    user,
    signing_key,
}
