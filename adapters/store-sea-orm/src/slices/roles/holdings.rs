//! Who holds what, as parts of statements.

use gatelodge_domain::{Id, Realm, Subject, User};
use sea_orm::sea_query::{Expr, ExprTrait as _, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
};

use super::walk::reached;
use crate::entities::{cell, group_member, role_holder};

/// The roles that holders of a kind hold.
pub(super) fn held(realm: Id<Realm>, kind: &str) -> SelectStatement {
    use role_holder::{Column, Entity};
    Entity::find()
        .select_only()
        .column(Column::Role)
        .filter(Column::Realm.eq(cell::bytes_of(realm)))
        .filter(Column::HolderKind.eq(kind))
        .into_query()
}

/// The roles given to a subject itself.
pub(super) fn held_directly(realm: Id<Realm>, subject: Subject) -> SelectStatement {
    let holder = cell::bytes_of_bits(subject.bits());
    held(realm, subject.kind())
        .and_where(Expr::col(role_holder::Column::Holder).eq(holder))
        .take()
}

/// The roles given to a person's groups.
pub(super) fn held_through_groups(realm: Id<Realm>, user: Id<User>) -> SelectStatement {
    let groups = groups_with(realm, user);
    held(realm, role_holder::GROUP)
        .and_where(Expr::col(role_holder::Column::Holder).in_subquery(groups))
        .take()
}

/// The ids of a person's groups.
pub(super) fn groups_with(realm: Id<Realm>, user: Id<User>) -> SelectStatement {
    use group_member::{Column, Entity};
    Entity::find()
        .select_only()
        .column(Column::GroupId)
        .filter(Column::Realm.eq(cell::bytes_of(realm)))
        .filter(Column::UserId.eq(cell::bytes_of(user)))
        .into_query()
}

/// The ids of people who hold a role that a [`walk`](super::walk::walk) has reached, directly or through a group. A
/// union, so that either half begins at the roles: their holders are few, the realm's people are
/// many.
pub(super) fn people_with_reached(realm: Id<Realm>) -> SelectStatement {
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
