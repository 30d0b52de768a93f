//! [`RealmDocuments`].

use async_trait::async_trait;
use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::{Id, Realm, RealmDocument, Revision};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRealmDocuments, RealmDocuments};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QueryTrait as _,
};

use crate::entities::cell;
use crate::entities::realm_document::{Column, Entity, Model};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindRealmDocuments for View<A> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        kind: DocumentKind,
        name: &str,
    ) -> Result<Option<RealmDocument>, StoreError> {
        let query = Entity::find().filter(one(realm, kind, name)).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.document())
            .await
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        kind: DocumentKind,
    ) -> Result<Vec<RealmDocument>, StoreError> {
        let query = Entity::find()
            .filter(of(realm, kind))
            .order_by_asc(Column::Name)
            .into_query();
        self.executor
            .fetch_all(&query, |row| Model::read(row)?.document())
            .await
    }
}

#[async_trait]
impl RealmDocuments for View<Write> {
    async fn put(
        &mut self,
        document: &RealmDocument,
        read: Option<Revision>,
    ) -> Result<RealmDocument, StoreError> {
        let revision = read.map_or(Revision::FIRST, Revision::next);
        let row = Model::of(document, revision);
        let changed = match read {
            None => {
                // A taken name is an outcome, and an error would end the transaction.
                let insert = Entity::insert(row.into_active_model())
                    .on_conflict(OnConflict::new().do_nothing().to_owned())
                    .into_query();
                self.executor.execute(&insert).await?
            }
            Some(read) => {
                let update = Entity::update_many()
                    .col_expr(Column::Body, Expr::value(row.body))
                    .col_expr(Column::Revision, Expr::value(row.revision))
                    .col_expr(Column::UpdatedAt, Expr::value(row.updated_at))
                    .filter(one(document.realm, document.kind, &document.name))
                    .filter(Column::Revision.eq(i64::from(read.0)))
                    .into_query();
                self.executor.execute(&update).await?
            }
        };
        if changed == 0 {
            return Err(StoreError::Stale);
        }
        Ok(RealmDocument {
            revision,
            ..document.clone()
        })
    }

    async fn remove(
        &mut self,
        realm: Id<Realm>,
        kind: DocumentKind,
        name: &str,
        read: Revision,
    ) -> Result<(), StoreError> {
        let delete = Entity::delete_many()
            .filter(one(realm, kind, name))
            .filter(Column::Revision.eq(i64::from(read.0)))
            .into_query();
        match self.executor.execute(&delete).await? {
            0 => Err(StoreError::Stale),
            _ => Ok(()),
        }
    }
}

fn of(realm: Id<Realm>, kind: DocumentKind) -> Condition {
    Condition::all()
        .add(Column::Realm.eq(cell::bytes_of(realm)))
        .add(Column::Kind.eq(kind.as_str()))
}

fn one(realm: Id<Realm>, kind: DocumentKind, name: &str) -> Condition {
    of(realm, kind).add(Column::Name.eq(name))
}
