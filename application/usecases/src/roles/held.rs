//! What a subject holds, and what of it was given to it itself.

use std::collections::BTreeSet;

use gatelodge_domain::{Id, Realm, Role, Subject};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::FindRoles;

/// A role that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// The role.
    pub role: Role,
    /// Whether it was given to the subject itself. It may come through a group or another role
    /// as well.
    pub directly: bool,
}

/// All that a subject holds, by role id.
pub(crate) async fn held_roles(
    roles: &mut (dyn FindRoles + '_),
    realm: Id<Realm>,
    subject: Subject,
) -> Result<Vec<HeldRole>, StoreError> {
    let holdings = roles.holdings_of(realm, subject).await?;
    let given: BTreeSet<Id<Role>> = holdings
        .iter()
        .filter(|holding| holding.through.is_none())
        .map(|holding| holding.role)
        .collect();
    let held = roles.held_by(realm, subject).await?;
    let told = held.into_iter().map(|role| HeldRole {
        directly: given.contains(&role.id),
        role,
    });
    Ok(told.collect())
}
