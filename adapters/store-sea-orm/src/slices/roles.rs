//! [`Roles`]: roles, groups, and who holds them.
//!
//! What roles include is walked by the engine, in one statement. A step of the walk begins at
//! the roles that it has reached, so it costs as much as what is held and no more.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    FindRoles, Holder, Holding, Included, Inclusion, Listed, PageRequest, Roles,
};
use sea_orm::sea_query::{
    CommonTableExpression, Expr, ExprTrait as _, OnConflict, Query, SelectStatement, UnionType,
    WithClause,
};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _,
};

use super::statement::{listed, page, return_rows};
use crate::entities::role::{Column, Entity, Model};
use crate::entities::{cell, group, group_member, role_holder, role_include, user};
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
        let mut held = held_directly(realm, subject);
        if let Some(user) = subject.user() {
            // A union, so that either half begins at the holder.
            held.union(UnionType::Distinct, held_through_groups(realm, user));
        }
        let query = Entity::find()
            .filter(of(realm).add(Column::Id.in_subquery(reached())))
            .order_by_asc(Column::Id)
            .into_query();
        let walked = query.with(walk(realm, held, Way::Down));
        self.executor
            .fetch_all(&walked, |row| Model::read(row)?.role())
            .await
    }

    async fn holdings_of(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<Vec<Holding>, StoreError> {
        let direct = held_directly(realm, subject);
        let mut holdings = self
            .executor
            .fetch_all(&direct, |row| {
                Ok(Holding {
                    role: cell::id(&row.get::<Vec<u8>>("role")?)?,
                    through: None,
                })
            })
            .await?;
        if let Some(user) = subject.user() {
            let mut through = held_through_groups(realm, user);
            through.column(role_holder::Column::Holder);
            let through = self.executor.fetch_all(&through, |row| {
                Ok(Holding {
                    role: cell::id(&row.get::<Vec<u8>>("role")?)?,
                    through: Some(cell::id(&row.get::<Vec<u8>>("holder")?)?),
                })
            });
            holdings.extend(through.await?);
        }
        holdings.sort_unstable();
        Ok(holdings)
    }

    async fn with_included(
        &mut self,
        realm: Id<Realm>,
        roles: &[Id<Role>],
    ) -> Result<Vec<Role>, StoreError> {
        let from = Entity::find()
            .select_only()
            .column_as(Column::Id, "role")
            .filter(of(realm).add(Column::Id.is_in(roles.iter().copied().map(cell::bytes_of))))
            .into_query();
        let query = Entity::find()
            .filter(of(realm).add(Column::Id.in_subquery(reached())))
            .order_by_asc(Column::Id)
            .into_query();
        let walked = query.with(walk(realm, from, Way::Down));
        self.executor
            .fetch_all(&walked, |row| Model::read(row)?.role())
            .await
    }

    async fn inclusions(
        &mut self,
        realm: Id<Realm>,
        roles: &[Id<Role>],
    ) -> Result<Vec<Inclusion>, StoreError> {
        use role_include::{Column, Entity, Model};
        let query = Entity::find()
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::Role.is_in(roles.iter().copied().map(cell::bytes_of)))
            .order_by_asc(Column::Role)
            .order_by_asc(Column::Included)
            .into_query();
        self.executor
            .fetch_all(&query, |row| Model::read(row)?.inclusion())
            .await
    }

    async fn holders(
        &mut self,
        realm: Id<Realm>,
        role: Id<Role>,
        after: Option<Holder>,
        limit: u16,
    ) -> Result<Listed<Holder>, StoreError> {
        use role_holder::{Column, Entity};
        let mut rows = Entity::find()
            .select_only()
            .column(Column::HolderKind)
            .column(Column::Holder)
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::Role.eq(cell::bytes_of(role)));
        if let Some(after) = after {
            let place = Expr::tuple([Expr::col(Column::HolderKind), Expr::col(Column::Holder)]);
            let bits = cell::bytes_of_bits(after.bits());
            let seen = Expr::tuple([Expr::value(after.kind()), Expr::value(bits)]);
            rows = rows.filter(place.gt(seen));
        }
        let query = rows
            .order_by_asc(Column::HolderKind)
            .order_by_asc(Column::Holder)
            .limit(u64::from(limit) + 1)
            .into_query();
        let holders = self
            .executor
            .scan(&query, |row| {
                let bits = cell::bits(&row.get::<Vec<u8>>("holder")?)?;
                let kind = row.get::<String>("holder_kind")?;
                cell::known(Holder::from_parts(&kind, bits), "kind of holder")
            })
            .await?;
        Ok(listed(holders, limit))
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
            .filter(user::Column::Id.in_subquery(people_with_reached(realm)))
            .into_query();
        let from = Entity::find()
            .select_only()
            .column_as(Column::Id, "role")
            .filter(of(realm).add(Column::Id.eq(cell::bytes_of(role))))
            .into_query();
        let walked = query.with(walk(realm, from, Way::Up));
        let count = self
            .executor
            .fetch_one(&walked, |row| cell::number(row.first()?))
            .await?;
        Ok(count.unwrap_or(0))
    }

    async fn find_group(
        &mut self,
        realm: Id<Realm>,
        id: Id<Group>,
    ) -> Result<Option<Group>, StoreError> {
        let key = (cell::bytes_of(realm), cell::bytes_of(id));
        let query = group::Entity::find_by_id(key).into_query();
        self.executor
            .fetch_one(&query, |row| group::Model::read(row)?.group())
            .await
    }

    async fn find_group_by_name(
        &mut self,
        realm: Id<Realm>,
        name: &RoleName,
    ) -> Result<Option<Group>, StoreError> {
        let query = group::Entity::find()
            .filter(group::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(group::Column::Name.eq(name.as_str()))
            .into_query();
        self.executor
            .fetch_one(&query, |row| group::Model::read(row)?.group())
            .await
    }

    async fn list_groups(
        &mut self,
        realm: Id<Realm>,
        among: Option<&BTreeSet<Id<Group>>>,
        request: PageRequest<Group>,
    ) -> Result<Listed<Group>, StoreError> {
        use group::{Column, Entity, Model};
        let mut rows = Entity::find().filter(Column::Realm.eq(cell::bytes_of(realm)));
        if let Some(among) = among {
            rows = rows.filter(Column::Id.is_in(among.iter().copied().map(cell::bytes_of)));
        }
        let query = page(rows, Column::Id, &request);
        let groups = self
            .executor
            .scan(&query, |row| Model::read(row)?.group())
            .await?;
        Ok(listed(groups, request.limit))
    }

    async fn members(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
        request: PageRequest<User>,
    ) -> Result<Listed<User>, StoreError> {
        use group_member::Column as In;
        // The page's ids come from the memberships alone, and then only its rows are read.
        let mut ids = group_member::Entity::find()
            .select_only()
            .column(In::UserId)
            .filter(In::Realm.eq(cell::bytes_of(realm)))
            .filter(In::GroupId.eq(cell::bytes_of(group)));
        if let Some(after) = request.after {
            ids = ids.filter(In::UserId.gt(cell::bytes_of(after)));
        }
        let ids = ids
            .order_by_asc(In::UserId)
            .limit(u64::from(request.limit) + 1)
            .into_query();
        let query = user::Entity::find()
            .filter(user::Column::Realm.eq(cell::bytes_of(realm)))
            .filter(user::Column::Id.in_subquery(ids))
            .order_by_asc(user::Column::Id)
            .into_query();
        let people = self
            .executor
            .scan(&query, |row| user::Model::read(row)?.user())
            .await?;
        Ok(listed(people, request.limit))
    }

    async fn roles_of_group(
        &mut self,
        realm: Id<Realm>,
        group: Id<Group>,
    ) -> Result<Vec<Role>, StoreError> {
        let holder = Expr::value(cell::bytes_of(group));
        let held = held(realm, role_holder::GROUP)
            .and_where(Expr::col(role_holder::Column::Holder).eq(holder))
            .take();
        let query = Entity::find()
            .filter(of(realm).add(Column::Id.in_subquery(held)))
            .order_by_asc(Column::Id)
            .into_query();
        self.executor
            .fetch_all(&query, |row| Model::read(row)?.role())
            .await
    }
}

/// Which way inclusions are walked.
#[derive(Clone, Copy)]
enum Way {
    /// From roles to what they include.
    Down,
    /// From roles to those that include them.
    Up,
}

/// The name of what a walk has reached, a table with the one column `role`.
const REACHED: &str = "reached";

/// Everything that is reached from those roles, themselves included, for the statement that
/// this is put before.
fn walk(realm: Id<Realm>, from: SelectStatement, way: Way) -> WithClause {
    use role_include::{Column, Entity};
    let (near, far) = match way {
        Way::Down => (Column::Role, Column::Included),
        Way::Up => (Column::Included, Column::Role),
    };
    let mut step = Query::select();
    // A cross join, because SQLite keeps its order: each step begins at what was reached.
    step.column((Entity, far))
        .from(REACHED)
        .cross_join(Entity)
        .and_where(Expr::col((Entity, near)).equals((REACHED, "role")))
        .and_where(Expr::col((Entity, Column::Realm)).eq(cell::bytes_of(realm)));
    let mut all = from;
    // UNION, not UNION ALL: a role is visited once.
    all.union(UnionType::Distinct, step);
    let reached = CommonTableExpression::new()
        .table_name(REACHED)
        .column("role")
        .query(all)
        .to_owned();
    WithClause::new().recursive(true).cte(reached).to_owned()
}

/// The roles that a [`walk`] has reached.
fn reached() -> SelectStatement {
    Query::select().column("role").from(REACHED).take()
}

/// The roles that holders of a kind hold.
fn held(realm: Id<Realm>, kind: &str) -> SelectStatement {
    use role_holder::{Column, Entity};
    Entity::find()
        .select_only()
        .column(Column::Role)
        .filter(Column::Realm.eq(cell::bytes_of(realm)))
        .filter(Column::HolderKind.eq(kind))
        .into_query()
}

/// The roles given to a subject itself.
fn held_directly(realm: Id<Realm>, subject: Subject) -> SelectStatement {
    let holder = cell::bytes_of_bits(subject.bits());
    held(realm, subject.kind())
        .and_where(Expr::col(role_holder::Column::Holder).eq(holder))
        .take()
}

/// The roles given to a person's groups.
fn held_through_groups(realm: Id<Realm>, user: Id<User>) -> SelectStatement {
    let groups = groups_with(realm, user);
    held(realm, role_holder::GROUP)
        .and_where(Expr::col(role_holder::Column::Holder).in_subquery(groups))
        .take()
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

/// The ids of people who hold a role that a [`walk`] has reached, directly or through a group. A
/// union, so that either half begins at the roles: their holders are few, the realm's people are
/// many.
fn people_with_reached(realm: Id<Realm>) -> SelectStatement {
    let holders = |kind: &str| {
        use role_holder::{Column, Entity};
        Entity::find()
            .select_only()
            .column(Column::Holder)
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::Role.in_subquery(reached()))
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
