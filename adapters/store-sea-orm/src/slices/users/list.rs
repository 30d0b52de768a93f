//! Lists of people. Every road has an index: what a filter asks for leads where few have it, and
//! is asked of each row where many do.

use std::collections::BTreeSet;

use gatelodge_domain::{Group, Id, Realm, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Listed, PageRequest, UserFilter, UserOrder, UserPage, UserPlace};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, SelectStatement};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Value,
};

use super::of;
use crate::entities::user::{Column, Entity, Model};
use crate::entities::{cell, group_member};
use crate::row::Row;
use crate::slices::search::Search;
use crate::slices::statement::{
    FEW, after_all_with, begins_with, count_few, listed, page, page_gathered, unled,
};
use crate::view::{Access, View};

impl<A: Access> View<A> {
    /// A page, by row id.
    pub(super) async fn list_users(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        request: PageRequest<User>,
    ) -> Result<Listed<User>, StoreError> {
        let (filter, request) = &begun_once(filter, request);
        let mut prefixes = prefixes(filter);
        if filter.groups.is_some() || prefixes.is_empty() {
            // The people of a few groups are gathered from their memberships.
            let all = self.narrowed(realm, filter).await?;
            let all = prefixes
                .into_iter()
                .fold(all, |all, one| all.add(one.led()));
            let query = page(Entity::find().filter(all), Column::Id, request);
            return self.people(&query, request.limit).await;
        }
        // A name or an address has at most one person, whatever it begins with.
        if filter.username_key.is_some() || filter.email_key.is_some() {
            let all = prefixes
                .into_iter()
                .fold(conditions(realm, filter), |all, one| all.add(one.unled()));
            let query = page(Entity::find().filter(all), Column::Id, request);
            return self.people(&query, request.limit).await;
        }
        // The longer beginning is most likely the rarer one.
        prefixes.sort_by_key(|one| core::cmp::Reverse(one.text.len()));
        for place in 0..prefixes.len() {
            if self.are_few(of(realm).add(prefixes[place].led())).await? {
                prefixes.swap(0, place);
                let gathered = led_by_first(unbounded(realm, filter), &prefixes);
                let query = page_gathered::<Entity, _>(of(realm), gathered, Column::Id, request);
                return self.people(&query, request.limit).await;
            }
        }
        if let Some(status) = filter.status
            && self
                .are_few(of(realm).add(Column::Status.eq(status)))
                .await?
        {
            let all = prefixes
                .into_iter()
                .fold(unbounded(realm, filter), |all, one| all.add(one.unled()));
            let query = page(Entity::find().filter(all), Column::Id, request);
            return self.people(&query, request.limit).await;
        }
        // A common beginning is soon met as often as the page needs, unless all who have it
        // joined later.
        let gathered = led_by_first(unbounded(realm, filter), &prefixes);
        let search = Search::<Entity> {
            all: made_between(of(realm), filter, Column::Id.into_expr()),
            wanted: gathered.clone(),
            gathered,
            key: Column::Id,
        };
        let read = |row: &Row<'_>| Model::read(row)?.user();
        self.search(search, request, read).await
    }

    /// A page in another order.
    pub(super) async fn list_users_in_order(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
        page: UserPage,
    ) -> Result<Listed<User>, StoreError> {
        let limit = page.limit;
        let (column, order) = match page.order {
            UserOrder::YoungestFirst => (Column::Id, Order::Desc),
            UserOrder::Username => (Column::UsernameKey, Order::Asc),
            UserOrder::UsernameBackwards => (Column::UsernameKey, Order::Desc),
        };
        let (filter, mut after) = ended_once(filter, page.after);
        let mut all = self.narrowed(realm, &filter).await?;
        for one in prefixes(&filter) {
            all = match &after {
                Some(UserPlace::Username(key)) if matches!(one.column, Column::UsernameKey) => {
                    let (range, needed) = one.from(key, &order);
                    if !needed {
                        after = None;
                    }
                    all.add(range)
                }
                _ => all.add(one.led()),
            };
        }
        if let Some(place) = after {
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
            .limit(u64::from(limit) + 1)
            .into_query();
        self.people(&query, limit).await
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

    /// What a filter asks of a row, but for beginnings. Where few have its status, that leads:
    /// beside bounds of the id the planner would walk through everybody between them.
    async fn narrowed(
        &mut self,
        realm: Id<Realm>,
        filter: &UserFilter,
    ) -> Result<Condition, StoreError> {
        let bounded = filter.made_from.is_some() || filter.made_before.is_some();
        let all = match filter.status {
            Some(status)
                if bounded
                    && self
                        .are_few(of(realm).add(Column::Status.eq(status)))
                        .await? =>
            {
                unbounded(realm, filter)
            }
            _ => conditions(realm, filter),
        };
        Ok(match &filter.groups {
            Some(groups) => all.add(Column::Id.in_subquery(members_of(realm, groups))),
            None => all,
        })
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

/// A filter and a page of which one at most says where to begin: of two lower bounds the engine
/// takes one to begin at, and walks from there to the other one.
fn begun_once(
    filter: &UserFilter,
    mut request: PageRequest<User>,
) -> (UserFilter, PageRequest<User>) {
    let mut filter = filter.clone();
    if let (Some(moment), Some(after)) = (filter.made_from, request.after) {
        if after < Id::first_at(moment) {
            request.after = None;
        } else {
            filter.made_from = None;
        }
    }
    (filter, request)
}

/// The same of the other end, for a list that begins with the youngest.
fn ended_once(
    filter: &UserFilter,
    mut after: Option<UserPlace>,
) -> (UserFilter, Option<UserPlace>) {
    let mut filter = filter.clone();
    if let (Some(moment), Some(UserPlace::Id(last))) = (filter.made_before, &after) {
        if *last > Id::first_at(moment) {
            after = None;
        } else {
            filter.made_before = None;
        }
    }
    (filter, after)
}

/// What a filter asks of a row, but for beginnings and groups.
fn conditions(realm: Id<Realm>, filter: &UserFilter) -> Condition {
    let all = asked(realm, filter);
    made_between(all, filter, Column::Id.into_expr())
}

/// The same where something other than the time in which they were made is to lead.
fn unbounded(realm: Id<Realm>, filter: &UserFilter) -> Condition {
    made_between(asked(realm, filter), filter, unled(Column::Id))
}

/// The same without that time.
fn asked(realm: Id<Realm>, filter: &UserFilter) -> Condition {
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
    all
}

/// Those of them who were made within the filter's time, which their ids tell.
fn made_between(mut all: Condition, filter: &UserFilter, id: Expr) -> Condition {
    if let Some(moment) = filter.made_from {
        let first = Id::<User>::first_at(moment);
        all = all.add(id.clone().gte(cell::bytes_of(first)));
    }
    if let Some(moment) = filter.made_before {
        let first = Id::<User>::first_at(moment);
        all = all.add(id.lt(cell::bytes_of(first)));
    }
    all
}

/// A beginning that a filter asks for, which an index serves.
struct Prefix<'a> {
    column: Column,
    text: &'a str,
}

impl Prefix<'_> {
    /// As the condition that leads to the rows.
    fn led(&self) -> Condition {
        begins_with(self.column.into_expr(), self.text)
    }

    /// Where another column is to lead.
    fn unled(&self) -> Condition {
        begins_with(unled(self.column), self.text)
    }

    /// What is left of it beside a page that begins after that text, and whether that place is
    /// still to be asked for. See [`begun_once`].
    fn from(&self, after: &str, order: &Order) -> (Condition, bool) {
        let all = Condition::all();
        let end = after_all_with(self.text);
        match (order, end) {
            (Order::Desc, end) if end.as_deref().is_none_or(|end| after < end) => {
                (all.add(self.column.gte(self.text)), true)
            }
            (Order::Desc, _) => (self.led(), false),
            _ if after < self.text => (self.led(), false),
            (_, Some(end)) => (all.add(self.column.lt(end)), true),
            (_, None) => (all, true),
        }
    }
}

/// The beginnings that a filter asks for.
fn prefixes(filter: &UserFilter) -> Vec<Prefix<'_>> {
    let username = (Column::UsernameKey, filter.username_prefix.as_deref());
    let email = (Column::EmailKey, filter.email_prefix.as_deref());
    let all = [username, email].into_iter();
    all.filter_map(|(column, text)| text.map(|text| Prefix { column, text }))
        .collect()
}

/// All of them, with the first one to lead.
fn led_by_first(all: Condition, prefixes: &[Prefix<'_>]) -> Condition {
    let of_one = |(place, one): (usize, &Prefix<'_>)| match place {
        0 => one.led(),
        _ => one.unled(),
    };
    let all_of_them = prefixes.iter().enumerate().map(of_one);
    all_of_them.fold(all, Condition::add)
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

#[cfg(test)]
mod tests {
    use gatelodge_domain::Timestamp;

    use super::*;

    fn made(from: Option<i64>, before: Option<i64>) -> UserFilter {
        UserFilter {
            made_from: from.map(Timestamp::from_millis),
            made_before: before.map(Timestamp::from_millis),
            ..UserFilter::default()
        }
    }

    fn at(millis: i64) -> Id<User> {
        Id::new(Timestamp::from_millis(millis), [7; 10])
    }

    #[test]
    fn of_a_time_and_a_cursor_the_later_one_begins_a_page() {
        for (cursor, kept) in [
            (1_000, (Some(2_000), None)),
            (3_000, (None, Some(at(3_000)))),
        ] {
            let page = PageRequest::after(at(cursor), 50);
            let (filter, page) = begun_once(&made(Some(2_000), Some(9_000)), page);
            assert_eq!(
                (filter.made_from, page.after),
                (kept.0.map(Timestamp::from_millis), kept.1)
            );
            assert_eq!(filter.made_before, Some(Timestamp::from_millis(9_000)));
        }
    }

    #[test]
    fn of_a_time_and_a_cursor_the_earlier_one_begins_a_page_of_the_youngest() {
        let (filter, place) = ended_once(&made(None, Some(2_000)), Some(UserPlace::Id(at(3_000))));
        assert_eq!((filter, place), (made(None, Some(2_000)), None));
        let place = Some(UserPlace::Id(at(1_000)));
        let (filter, kept) = ended_once(&made(None, Some(2_000)), place.clone());
        assert_eq!((filter, kept), (made(None, None), place));
    }

    #[test]
    fn a_place_by_name_beyond_the_beginning_is_not_asked_for() {
        let prefix = Prefix {
            column: Column::UsernameKey,
            text: "mary",
        };
        for (after, order, needed) in [
            ("mary-ann", Order::Asc, true),
            ("mark", Order::Asc, false),
            ("mary-ann", Order::Desc, true),
            ("mark", Order::Desc, true),
            ("max", Order::Desc, false),
        ] {
            assert_eq!(prefix.from(after, &order).1, needed, "{after}");
        }
    }
}
