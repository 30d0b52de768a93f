//! Shapes of statement that more than one slice needs.

use gatelodge_domain::{Id, Timestamp};
use gatelodge_ports::store::{Listed, PageRequest};
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait as _, Func, Order, Query, SelectStatement, UpdateStatement,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Iterable as _, PrimaryKeyToColumn, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
};

use crate::entities::cell;

/// A page of that selection in the order of `key`, with one row more than asked for, by which
/// [`listed`] knows whether another page follows.
pub(crate) fn page<E: EntityTrait, T>(
    rows: Select<E>,
    key: E::Column,
    page: &PageRequest<T>,
) -> SelectStatement {
    let rows = match page.after {
        Some(after) => rows.filter(key.gt(cell::bytes_of(after))),
        None => rows,
    };
    rows.order_by_asc(key)
        .limit(u64::from(page.limit) + 1)
        .into_query()
}

/// Lets an UPDATE answer the rows that it changed, as a SELECT of all columns would.
pub(crate) fn return_rows<E: EntityTrait>(update: &mut UpdateStatement) {
    update.returning(Query::returning().columns(E::Column::iter()));
}

/// The page that was fetched by [`page`].
pub(crate) fn listed<T>(mut items: Vec<T>, limit: u16) -> Listed<T> {
    let more = items.len() > usize::from(limit);
    items.truncate(usize::from(limit));
    Listed { items, more }
}

/// Deletes at most `limit` of the rows that the condition names; neither engine knows a plain
/// `DELETE … LIMIT` everywhere.
pub(crate) fn delete_some<E: EntityTrait>(
    condition: impl Into<Condition>,
    limit: u64,
) -> DeleteStatement {
    let key: Vec<E::Column> = E::PrimaryKey::iter()
        .map(PrimaryKeyToColumn::into_column)
        .collect();
    let mut doomed = Query::select();
    doomed
        .columns(key.iter().copied())
        .from(E::default())
        .cond_where(condition.into())
        .limit(limit);
    let key = Expr::tuple(key.into_iter().map(Expr::col));
    E::delete_many()
        .filter(key.in_subquery(doomed))
        .into_query()
}

/// Where a text begins with a prefix, as a range that an index serves: text is compared as
/// bytes, and the byte order of UTF-8 is that of its characters.
pub(crate) fn begins_with(text: Expr, prefix: &str) -> Condition {
    let range = Condition::all().add(text.clone().gte(prefix));
    match after_all_with(prefix) {
        Some(end) => range.add(text.lt(end)),
        None => range,
    }
}

/// As many rows as may be gathered and sorted for one page. SQLite has no statistics, and those
/// of PostgreSQL do not know how two columns go together, so where the better plan depends on
/// how many rows match, they are counted up to here first.
pub(crate) const FEW: u64 = if cfg!(test) { 10 } else { 10_000 };

/// How many rows a page may cost that is looked for along the order of the list.
pub(crate) const WALK: u64 = if cfg!(test) { 10 } else { 10_000 };

/// A page as [`page`] makes it, of the rows of `all` that are also `wanted`, looked for among
/// the next [`WALK`] rows of `all` only.
pub(crate) fn page_nearby<E: EntityTrait, T>(
    all: Condition,
    wanted: Condition,
    key: E::Column,
    request: &PageRequest<T>,
) -> SelectStatement {
    let nearby = E::find()
        .filter(next(all, key, request))
        .order_by_asc(key)
        .limit(WALK)
        .into_query();
    // Named as the table is, so that conditions on its columns hold for it as well.
    Query::select()
        .columns(E::Column::iter())
        .from_subquery(nearby, E::default())
        .cond_where(wanted)
        .order_by(key, Order::Asc)
        .limit(u64::from(request.limit) + 1)
        .take()
}

/// One row, of an id, if there are more rows of `all` than [`page_nearby`] walks.
pub(crate) fn beyond_nearby<E: EntityTrait, T>(
    all: Condition,
    key: E::Column,
    request: &PageRequest<T>,
) -> SelectStatement {
    Query::select()
        .column(key)
        .from(E::default())
        .cond_where(next(all, key, request))
        .order_by(key, Order::Asc)
        .limit(1)
        .offset(WALK)
        .take()
}

/// Those of `all` that come after the page before.
fn next<C: ColumnTrait, T>(all: Condition, key: C, request: &PageRequest<T>) -> Condition {
    match request.after {
        Some(after) => all.add(key.gt(cell::bytes_of(after))),
        None => all,
    }
}

/// A page as [`page`] makes it, of `wanted` rows that an index gathers: their ids are sorted
/// first, from the index that holds what is asked and the id, and only the page's rows are read.
pub(crate) fn page_gathered<E: EntityTrait, T>(
    in_realm: Condition,
    mut wanted: Condition,
    key: E::Column,
    request: &PageRequest<T>,
) -> SelectStatement {
    // Lest the planner walk along the ids for the sake of their order.
    let id = unled(key);
    if let Some(after) = request.after {
        wanted = wanted.add(id.clone().gt(cell::bytes_of(after)));
    }
    let ids = E::find()
        .select_only()
        .column(key)
        .filter(wanted)
        .order_by_asc(id)
        .limit(u64::from(request.limit) + 1)
        .into_query();
    E::find()
        .filter(in_realm.add(key.in_subquery(ids)))
        .order_by_asc(key)
        .into_query()
}

/// That column of bytes, in a condition that no index is to be chosen for: where another one
/// narrows the search more, which without statistics the planner cannot know.
pub(crate) fn unled<C: ColumnTrait>(column: C) -> Expr {
    Func::cust("substr")
        .arg(column.into_expr())
        .arg(1_i32)
        .into()
}

/// Counts the rows of that selection, but no further than to one more than [`FEW`].
pub(crate) fn count_few(mut rows: SelectStatement) -> SelectStatement {
    rows.limit(FEW + 1);
    Query::select()
        .expr(Expr::cust("count(*)"))
        .from_subquery(rows, "few")
        .take()
}

/// The smallest text that is greater than every text with that prefix; `None` where there is
/// no such text.
pub(crate) fn after_all_with(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            _ => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// The earlier of the moment in that column and this one, as a value to write.
pub(crate) fn at_most<C: ColumnTrait>(column: C, moment: Timestamp) -> Expr {
    let moment = moment.as_millis();
    Expr::case(column.lt(moment), Expr::col(column))
        .finally(moment)
        .into()
}

/// Ids in ascending order; RETURNING has none.
pub(crate) fn sorted<T>(mut ids: Vec<Id<T>>) -> Vec<Id<T>> {
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_a_prefix_ends_right_after_its_last_text() {
        assert_eq!(after_all_with("ab").as_deref(), Some("ac"));
        assert_eq!(after_all_with("a%_\\").as_deref(), Some("a%_]"));
        assert_eq!(after_all_with("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(
            after_all_with("a\u{10ffff}\u{10ffff}").as_deref(),
            Some("b")
        );
        assert_eq!(after_all_with("\u{10ffff}"), None);
        assert_eq!(after_all_with(""), None);
    }

    #[test]
    fn a_page_knows_whether_another_one_follows() {
        assert_eq!(
            listed(vec![1, 2, 3], 2),
            Listed {
                items: vec![1, 2],
                more: true
            }
        );
        assert_eq!(
            listed(vec![1, 2], 2),
            Listed {
                items: vec![1, 2],
                more: false
            }
        );
    }
}
