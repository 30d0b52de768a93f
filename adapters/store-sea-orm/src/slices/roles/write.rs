//! The writing half.

use async_trait::async_trait;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRoles as _, Included, Inclusion, Roles};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryTrait as _,
};

use super::of;
use crate::entities::role::{Column, Entity, Model};
use crate::entities::{cell, group, group_member, role_holder, role_include};
use crate::slices::statement::return_rows;
use crate::view::{View, Write};

#[async_trait]
impl Roles for View<Write> {
    async fn insert(&mut self, role: &Role) -> Result<(), StoreError> {
        self.executor.insert(Model::of(role)?).await
    }

    async fn update(&mut self, role: &Role) -> Result<Role, StoreError> {
        let row = Model::of(role)?;
        let mut update = Entity::update_many()
            .col_expr(Column::DisplayName, Expr::value(row.display_name))
            .col_expr(Column::Permissions, Expr::value(row.permissions))
            .col_expr(
                Column::RequiresSecondFactor,
                Expr::value(row.requires_second_factor),
            )
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1_i64))
            .filter(of(role.realm).add(Column::Id.eq(row.id)))
            .filter(Column::Revision.eq(row.revision))
            .into_query();
        return_rows::<Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| Model::read(row)?.role())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn remove(&mut self, realm: Id<Realm>, id: Id<Role>) -> Result<bool, StoreError> {
        use role_include::Column as Of;
        let holdings = role_holder::Entity::delete_many()
            .filter(role_holder::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(role_holder::Column::Role.eq(cell::bytes_of(id)))
            .into_query();
        self.executor.execute(&holdings).await?;
        for either in [Of::Role, Of::Included] {
            let inclusions = role_include::Entity::delete_many()
                .filter(Of::Realm.eq(cell::bytes_of(realm)))
                .filter(either.eq(cell::bytes_of(id)))
                .into_query();
            self.executor.execute(&inclusions).await?;
        }
        let delete = Entity::delete_many()
            .filter(of(realm).add(Column::Id.eq(cell::bytes_of(id))))
            .into_query();
        self.executor.execute(&delete).await.map(|rows| rows > 0)
    }

    async fn include(
        &mut self,
        realm: Id<Realm>,
        inclusion: Inclusion,
    ) -> Result<Included, StoreError> {
        let below = self.with_included(realm, &[inclusion.included]).await?;
        if below.iter().any(|role| role.id == inclusion.role) {
            return Ok(Included::Circle);
        }
        let row = inclusion_row(realm, inclusion).into_active_model();
        let mut insert = role_include::Entity::insert(row).into_query();
        insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        Ok(match self.executor.execute(&insert).await? {
            0 => Included::Already,
            _ => Included::New,
        })
    }

    async fn exclude(
        &mut self,
        realm: Id<Realm>,
        inclusion: Inclusion,
    ) -> Result<bool, StoreError> {
        let row = inclusion_row(realm, inclusion);
        let delete = role_include::Entity::delete_many().filter_by_ids([(
            row.realm,
            row.role,
            row.included,
        )]);
        self.executor
            .execute(&delete.into_query())
            .await
            .map(|rows| rows > 0)
    }

    async fn assign(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        subject: Subject,
    ) -> Result<bool, StoreError> {
        self.give(holding(realm, role, subject.kind(), subject.bits()))
            .await
    }

    async fn unassign(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        subject: Subject,
    ) -> Result<bool, StoreError> {
        self.take_away(holding(realm, role, subject.kind(), subject.bits()))
            .await
    }

    async fn insert_group(&mut self, group: &Group) -> Result<(), StoreError> {
        let row = group::Model::of(group).into_active_model();
        let insert = group::Entity::insert(row).into_query();
        self.executor.execute(&insert).await.map(|_| ())
    }

    async fn update_group(&mut self, group: &Group) -> Result<Group, StoreError> {
        use group::{Column, Entity, Model};
        let row = Model::of(group);
        let mut update = Entity::update_many()
            .col_expr(Column::DisplayName, Expr::value(row.display_name))
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1_i64))
            .filter(Column::Realm.eq(row.realm))
            .filter(Column::Id.eq(row.id))
            .filter(Column::Revision.eq(row.revision))
            .into_query();
        return_rows::<Entity>(&mut update);
        self.executor
            .fetch_one(&update, |row| Model::read(row)?.group())
            .await?
            .ok_or(StoreError::Stale)
    }

    async fn remove_group(&mut self, realm: Id<Realm>, id: Id<Group>) -> Result<bool, StoreError> {
        let (in_realm, theirs) = (cell::bytes_of(realm), cell::bytes_of(id));
        let members = group_member::Entity::delete_many()
            .filter(group_member::Column::Realm.eq(in_realm.clone()))
            .filter(group_member::Column::GroupId.eq(theirs.clone()))
            .into_query();
        let holdings = role_holder::Entity::delete_many()
            .filter(role_holder::Column::Realm.eq(in_realm.clone()))
            .filter(role_holder::Column::Holder.eq(theirs.clone()))
            .filter(role_holder::Column::HolderKind.eq(role_holder::GROUP))
            .into_query();
        for statement in [members, holdings] {
            self.executor.execute(&statement).await?;
        }
        let delete = group::Entity::delete_many().filter_by_ids([(in_realm, theirs)]);
        self.executor
            .execute(&delete.into_query())
            .await
            .map(|rows| rows > 0)
    }

    async fn unassign_from_group(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        group: Id<Group>,
    ) -> Result<bool, StoreError> {
        self.take_away(holding(realm, role, role_holder::GROUP, group.as_u128()))
            .await
    }

    async fn assign_to_group(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        group: Id<Group>,
    ) -> Result<bool, StoreError> {
        self.give(holding(realm, role, role_holder::GROUP, group.as_u128()))
            .await
    }

    async fn join(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
        user: Id<User>,
    ) -> Result<bool, StoreError> {
        let row = membership(realm, group, user).into_active_model();
        let mut insert = group_member::Entity::insert(row).into_query();
        insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        self.executor.execute(&insert).await.map(|rows| rows > 0)
    }

    async fn leave(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
        user: Id<User>,
    ) -> Result<bool, StoreError> {
        let row = membership(realm, group, user);
        let delete = group_member::Entity::delete_many().filter_by_ids([(
            row.realm,
            row.group_id,
            row.user_id,
        )]);
        self.executor
            .execute(&delete.into_query())
            .await
            .map(|rows| rows > 0)
    }
}

impl View<Write> {
    /// Takes a role; false when it was not held.
    async fn take_away(&mut self, held: role_holder::Model) -> Result<bool, StoreError> {
        let delete = role_holder::Entity::delete_many().filter_by_ids([(
            held.realm,
            held.role,
            held.holder_kind,
            held.holder,
        )]);
        self.executor
            .execute(&delete.into_query())
            .await
            .map(|rows| rows > 0)
    }

    /// Gives a role; false when it was held already.
    async fn give(&mut self, held: role_holder::Model) -> Result<bool, StoreError> {
        let mut insert = role_holder::Entity::insert(held.into_active_model()).into_query();
        insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        self.executor.execute(&insert).await.map(|rows| rows > 0)
    }
}

fn holding(realm: Id<Realm>, role: Id<Role>, kind: &str, holder: u128) -> role_holder::Model {
    role_holder::Model {
        realm: cell::bytes_of(realm),
        role: cell::bytes_of(role),
        holder_kind: kind.to_owned(),
        holder: cell::bytes_of_bits(holder),
    }
}

fn inclusion_row(realm: Id<Realm>, inclusion: Inclusion) -> role_include::Model {
    role_include::Model {
        realm: cell::bytes_of(realm),
        role: cell::bytes_of(inclusion.role),
        included: cell::bytes_of(inclusion.included),
    }
}

fn membership(realm: Id<Realm>, group: Id<Group>, user: Id<User>) -> group_member::Model {
    group_member::Model {
        realm: cell::bytes_of(realm),
        group_id: cell::bytes_of(group),
        user_id: cell::bytes_of(user),
    }
}
