//! [`Roles`]: roles, groups, and who holds them.

use async_trait::async_trait;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRoles, Listed, PageRequest, Roles};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _,
};

use super::statement::{listed, page, return_rows};
use crate::entities::role::{Column, Entity, Model};
use crate::entities::{cell, group, group_member, role_holder, user};
use crate::view::{Access, View, Write};

#[async_trait]
impl<A: Access> FindRoles for View<A> {
    async fn find(&mut self, realm: Id<Realm>, id: Id<Role>) -> Result<Option<Role>, StoreError> {
        let query = Entity::find_by_id((cell::bytes_of(realm), cell::bytes_of(id))).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.role())
            .await
    }

    async fn find_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &RoleName,
    ) -> Result<Option<Role>, StoreError> {
        let key = of(realm).add(Column::Name.eq(name.as_str()));
        let query = Entity::find().filter(key).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.role())
            .await
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        request: PageRequest<Role>,
    ) -> Result<Listed<Role>, StoreError> {
        let query = page(Entity::find().filter(of(realm)), Column::Id, &request);
        let roles = self
            .executor
            .scan(&query, |row| Model::read(row)?.role())
            .await?;
        Ok(listed(roles, request.limit))
    }

    async fn held_by(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<Vec<Role>, StoreError> {
        use role_holder::Column as Held;
        let held_by = |kind: &str, holders: Condition| {
            role_holder::Entity::find()
                .select_only()
                .column(Held::Role)
                .filter(Held::Realm.eq(cell::bytes_of(realm)))
                .filter(Held::HolderKind.eq(kind))
                .filter(holders)
                .into_query()
        };
        let directly = Held::Holder.eq(cell::bytes_of_bits(subject.bits()));
        let mut held = held_by(subject.kind(), Condition::all().add(directly));
        if let Some(user) = subject.user() {
            // A union, so that either half begins at the holder.
            let through = Held::Holder.in_subquery(groups_with(realm, user));
            let through = held_by(role_holder::GROUP, Condition::all().add(through));
            held.union(UnionType::Distinct, through);
        }
        let query = Entity::find()
            .filter(of(realm).add(Column::Id.in_subquery(held)))
            .order_by_asc(Column::Id)
            .into_query();
        self.executor
            .fetch_all(&query, |row| Model::read(row)?.role())
            .await
    }

    async fn groups_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Group>, StoreError> {
        let query = group::Entity::find()
            .filter(group::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(group::Column::Id.in_subquery(groups_with(realm, user)))
            .order_by_asc(group::Column::Id)
            .into_query();
        self.executor
            .fetch_all(&query, |row| group::Model::read(row)?.group())
            .await
    }

    async fn count_active_holders(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
    ) -> Result<u64, StoreError> {
        let query = user::Entity::find()
            .select_only()
            .expr(Expr::col(user::Column::Id).count())
            .filter(user::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(user::Column::Status.eq(user::ACTIVE))
            .filter(user::Column::Id.in_subquery(people_with(realm, role)))
            .into_query();
        let count = self
            .executor
            .fetch_one(&query, |row| cell::number(row.first()?))
            .await?;
        Ok(count.unwrap_or(0))
    }
}

/// The ids of a person's groups.
fn groups_with(realm: Id<Realm>, user: Id<User>) -> SelectStatement {
    use group_member::{Column, Entity};
    Entity::find()
        .select_only()
        .column(Column::GroupId)
        .filter(Column::Realm.eq(cell::bytes_of(realm)))
        .filter(Column::UserId.eq(cell::bytes_of(user)))
        .into_query()
}

/// The ids of people who hold a role, directly or through a group. A union, so that either half
/// begins at the role: its holders are few, the realm's people are many.
fn people_with(realm: Id<Realm>, role: Id<Role>) -> SelectStatement {
    let holders = |kind: &str| {
        use role_holder::{Column, Entity};
        Entity::find()
            .select_only()
            .column(Column::Holder)
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::Role.eq(cell::bytes_of(role)))
            .filter(Column::HolderKind.eq(kind))
            .into_query()
    };
    let members = group_member::Entity::find()
        .select_only()
        .column(group_member::Column::UserId)
        .filter(group_member::Column::Realm.eq(cell::bytes_of(realm)))
        .filter(group_member::Column::GroupId.in_subquery(holders(role_holder::GROUP)))
        .into_query();
    let mut people = holders("user");
    people.union(UnionType::Distinct, members);
    people
}

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
        let holdings = role_holder::Entity::delete_many()
            .filter(role_holder::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(role_holder::Column::Role.eq(cell::bytes_of(id)))
            .into_query();
        self.executor.execute(&holdings).await?;
        let delete = Entity::delete_many()
            .filter(of(realm).add(Column::Id.eq(cell::bytes_of(id))))
            .into_query();
        self.executor.execute(&delete).await.map(|rows| rows > 0)
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
        let held = holding(realm, role, subject.kind(), subject.bits());
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

    async fn insert_group(&mut self, group: &Group) -> Result<(), StoreError> {
        let row = group::Model::of(group).into_active_model();
        let insert = group::Entity::insert(row).into_query();
        self.executor.execute(&insert).await.map(|_| ())
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
    /// Gives a role; false when it was held already.
    async fn give(&mut self, held: role_holder::Model) -> Result<bool, StoreError> {
        let mut insert = role_holder::Entity::insert(held.into_active_model()).into_query();
        insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        self.executor.execute(&insert).await.map(|rows| rows > 0)
    }
}

fn of(realm: Id<Realm>) -> Condition {
    Condition::all().add(Column::Realm.eq(cell::bytes_of(realm)))
}

fn holding(realm: Id<Realm>, role: Id<Role>, kind: &str, holder: u128) -> role_holder::Model {
    role_holder::Model {
        realm: cell::bytes_of(realm),
        role: cell::bytes_of(role),
        holder_kind: kind.to_owned(),
        holder: cell::bytes_of_bits(holder),
    }
}

fn membership(realm: Id<Realm>, group: Id<Group>, user: Id<User>) -> group_member::Model {
    group_member::Model {
        realm: cell::bytes_of(realm),
        group_id: cell::bytes_of(group),
        user_id: cell::bytes_of(user),
    }
}
