//! Lists of people. Every road has an index: what a filter asks for leads where few have it, and
//! is asked of each row where many do.

use std::collections::BTreeSet;

use gatelodge_domain::{Group, Id, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Listed, PageRequest, UserFilter, UserOrder, UserPage, UserPlace};
use sea_orm::sea_query::{Order, SelectStatement};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Value,
};

use super::of;
use crate::entities::user::{Column, Entity, Model};
use crate::entities::{cell, group_member};
use crate::row::Row;
use crate::slices::search::Search;
use crate::slices::statement::{FEW, begins_with, count_few, listed, page, page_gathered, unled};
use crate::view::{Access, View};

impl<A: Access> View<A> {
    /// A page, by row id.
    pub(super) async fn list_users(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        request: PageRequest<User>,
    ) -> Result<Listed<User>, StoreError> {
        let all = conditions(realm, filter);
        if let Some(groups) = &filter.groups {
            // The people of a few groups are gathered from their memberships.
            let mut all = all.add(Column::Id.in_subquery(members_of(realm, groups)));
            for prefixed in prefixes(filter) {
                all = all.add(prefixed);
            }
            let query = page(Entity::find().filter(all), Column::Id, &request);
            return self.people(&query, request.limit).await;
        }
        let mut prefixes = prefixes(filter).into_iter();
        let Some(named) = prefixes.next() else {
            let query = page(Entity::find().filter(all), Column::Id, &request);
            return self.people(&query, request.limit).await;
        };
        // A name or an address has at most one person, whatever it begins with.
        if filter.username_key.is_some() || filter.email_key.is_some() {
            let all = all.add(unled_prefixes(filter));
            let query = page(Entity::find().filter(all), Column::Id, &request);
            return self.people(&query, request.limit).await;
        }
        let gathered = prefixes.fold(all.clone().add(named.clone()), Condition::add);
        if self.are_few(of(realm).add(named)).await? {
            let query = page_gathered::<Entity, _>(of(realm), gathered, Column::Id, &request);
            return self.people(&query, request.limit).await;
        }
        if let Some(status) = filter.status
            && self
                .are_few(of(realm).add(Column::Status.eq(status)))
                .await?
        {
            let all = all.add(unled_prefixes(filter));
            let query = page(Entity::find().filter(all), Column::Id, &request);
            return self.people(&query, request.limit).await;
        }
        // A common beginning is soon met as often as the page needs, unless all who have it
        // joined later.
        let search = Search::<Entity> {
            all: of(realm),
            wanted: gathered.clone(),
            gathered,
            key: Column::Id,
        };
        let read = |row: &Row<'_>| Model::read(row)?.user();
        self.search(search, &request, read).await
    }

    /// A page in another order.
    pub(super) async fn list_users_in_order(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: UserPage,
    ) -> Result<Listed<User>, StoreError> {
        let (column, order) = match page.order {
            UserOrder::YoungestFirst => (Column::Id, Order::Desc),
            UserOrder::Username => (Column::UsernameKey, Order::Asc),
            UserOrder::UsernameBackwards => (Column::UsernameKey, Order::Desc),
        };
        let mut all = prefixes(filter)
            .into_iter()
            .fold(conditions(realm, filter), Condition::add);
        if let Some(groups) = &filter.groups {
            all = all.add(Column::Id.in_subquery(members_of(realm, groups)));
        }
        if let Some(place) = page.after {
            let last: Value = match place {
                UserPlace::Id(id) => cell::bytes_of(id).into(),
                UserPlace::Username(key) => key.into(),
            };
            all = all.add(match order {
                Order::Desc => column.lt(last),
                _ => column.gt(last),
            });
        }
        let query = Entity::find()
            .filter(all)
            .order_by(column, order)
            .limit(u64::from(page.limit) + 1)
            .into_query();
        self.people(&query, page.limit).await
    }

    /// The people of a page that was asked for with one row more.
    async fn people(
        &mut self,
        query: &SelectStatement,
        limit: u16,
    ) -> Result<Listed<User>, StoreError> {
        let users = self
            .executor
            .scan(query, |row| Model::read(row)?.user())
            .await?;
        Ok(listed(users, limit))
    }

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

/// What a filter asks of a row, but for prefixes and groups.
fn conditions(realm: Id<Realm>, filter: &UserFilter) -> Condition {
    let mut all = of(realm);
    if let Some(key) = &filter.username_key {
        all = all.add(Column::UsernameKey.eq(key.as_str()));
    }
    if let Some(key) = &filter.email_key {
        all = all.add(Column::EmailKey.eq(key.as_str()));
    }
    if let Some(status) = filter.status {
        all = all.add(Column::Status.eq(status));
    }
    if let Some(moment) = filter.made_from {
        let first = Id::<User>::first_at(moment);
        all = all.add(Column::Id.gte(cell::bytes_of(first)));
    }
    if let Some(moment) = filter.made_before {
        let first = Id::<User>::first_at(moment);
        all = all.add(Column::Id.lt(cell::bytes_of(first)));
    }
    all
}

/// The beginnings that a filter asks for, each of which an index serves.
fn prefixes(filter: &UserFilter) -> Vec<Condition> {
    let username = filter.username_prefix.as_deref();
    let email = filter.email_prefix.as_deref();
    let username = username.map(|prefix| begins_with(Column::UsernameKey.into_expr(), prefix));
    let email = email.map(|prefix| begins_with(Column::EmailKey.into_expr(), prefix));
    username.into_iter().chain(email).collect()
}

/// The same beginnings, where another column is to lead.
fn unled_prefixes(filter: &UserFilter) -> Condition {
    let username = filter.username_prefix.as_deref();
    let email = filter.email_prefix.as_deref();
    let username = username.map(|prefix| begins_with(unled(Column::UsernameKey), prefix));
    let email = email.map(|prefix| begins_with(unled(Column::EmailKey), prefix));
    let all = username.into_iter().chain(email);
    all.fold(Condition::all(), Condition::add)
}

/// The ids of everybody in those groups.
fn members_of(realm: Id<Realm>, groups: &BTreeSet<Id<Group>>) -> SelectStatement {
    use group_member::{Column, Entity};
    Entity::find()
        .select_only()
        .column(Column::UserId)
        .filter(Column::Realm.eq(cell::bytes_of(realm)))
        .filter(Column::GroupId.is_in(groups.iter().copied().map(cell::bytes_of)))
        .into_query()
}
