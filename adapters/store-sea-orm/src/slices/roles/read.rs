//! The reading half.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::{Group, Id, Realm, Role, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRoles, Holder, Holding, Inclusion, Listed, PageRequest};
use sea_orm::sea_query::{Expr, ExprTrait as _, UnionType};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _, Value,
};

use super::holdings::{groups_with, held, held_directly, held_through_groups, people_with_reached};
use super::of;
use super::walk::{Way, reached, walk};
use crate::entities::role::{Column, Entity, Model};
use crate::entities::{cell, group, group_member, role_holder, role_include, user};
use crate::shape::Shape;
use crate::slices::statement::{listed, page};
use crate::view::{Access, View};

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
        // Asked at each sign-in of somebody without a second factor.
        static OF_A_PERSON: Shape = Shape::new();
        static OF_A_CLIENT: Shape = Shape::new();
        let (in_realm, holder) = (cell::bytes_of(realm), cell::bytes_of_bits(subject.bits()));
        let mut values: Vec<Value> = vec![
            in_realm.clone().into(),
            subject.kind().into(),
            holder.into(),
        ];
        let mut shape = &OF_A_CLIENT;
        if let Some(user) = subject.user() {
            shape = &OF_A_PERSON;
            let through_groups = [in_realm.clone().into(), role_holder::GROUP.into()];
            let groups = [in_realm.clone().into(), cell::bytes_of(user).into()];
            values.extend(through_groups.into_iter().chain(groups));
        }
        // Of the walk's steps, and of the roles that were reached.
        values.extend([in_realm.clone().into(), in_realm.into()]);
        let query = shape.with(self.executor.backend(), values, |_| {
            let mut held = held_directly(realm, subject);
            if let Some(user) = subject.user() {
                // A union, so that either half begins at the holder.
                held.union(UnionType::Distinct, held_through_groups(realm, user));
            }
            Entity::find()
                .filter(of(realm).add(Column::Id.in_subquery(reached())))
                .order_by_asc(Column::Id)
                .into_query()
                .with(walk(realm, held, Way::Down))
        });
        self.executor
            .fetch_raw(query, |row| Model::read(row)?.role())
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
