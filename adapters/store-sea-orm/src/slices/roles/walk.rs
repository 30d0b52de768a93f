//! What roles include, near and far, is walked by the engine, in one statement. A step of the walk
//! begins at the roles that it has reached, so it costs as much as what is held and no more.

use gatelodge_domain::{Id, Realm};
use sea_orm::sea_query::{
    CommonTableExpression, Expr, ExprTrait as _, Query, SelectStatement, UnionType, WithClause,
};

use crate::entities::{cell, role_include};

/// Which way inclusions are walked.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// From roles to what they include.
    Down,
    /// From roles to those that include them.
    Up,
}

/// The name of what a walk has reached, a table with the one column `role`.
const REACHED: &str = "reached";

/// Everything that is reached from those roles, themselves included, for the statement that
/// this is put before.
pub(super) fn walk(realm: Id<Realm>, from: SelectStatement, way: Way) -> WithClause {
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
pub(super) fn reached() -> SelectStatement {
    Query::select().column("role").from(REACHED).take()
}
