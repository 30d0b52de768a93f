//! [`Roles`](gatelodge_ports::store::Roles): roles, groups, and who holds them.

mod holdings;
mod read;
mod walk;
mod write;

use gatelodge_domain::{Id, Realm};
use sea_orm::{ColumnTrait as _, Condition};

use crate::entities::cell;
use crate::entities::role::Column;

/// A realm's roles.
fn of(realm: Id<Realm>) -> Condition {
    Condition::all().add(Column::Realm.eq(cell::bytes_of(realm)))
}
