//! Roles as an administrator sees them: made, changed, composed of each other, and held.
//!
//! In realm `system` roles are what administrators may do, so two rules hold there for every
//! verb: nobody gives what they do not have, neither to others nor to a role that others hold,
//! and somebody is left who can administer.

mod administer;
mod assign;
mod compose;
mod create;
mod delete;
mod held;
mod holders;
mod update;

pub use administer::{AdministerRoles, ComposedRole};
pub(crate) use administer::{find_role, no_role};
pub use create::NewRole;
pub use held::HeldRole;
pub(crate) use held::held_roles;
pub use holders::{HolderPage, NamedHolder};
pub use update::RoleUpdate;
