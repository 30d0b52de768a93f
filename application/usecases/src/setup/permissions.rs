//! What an administrator may be allowed to do: names of permissions that are scopes of the
//! admin API at the same time, so that a token can be narrowed to some of them.

use gatelodge_domain::role::InvalidRightName;
use gatelodge_domain::scope::{ADMIN, InvalidScope};
use gatelodge_domain::{Permission, Scope, ScopeSet};
use std::collections::BTreeSet;

/// Every permission of the admin API.
pub const ADMIN_PERMISSIONS: &[&str] = &[
    "realms:read",
    "realms:write",
    "users:read",
    "users:write",
    "clients:read",
    "clients:write",
    "roles:read",
    "roles:write",
    "keys:read",
    "keys:write",
    "sessions:read",
    "sessions:write",
    "grants:read",
    "grants:write",
    "audit:read",
];

/// The same as scopes, with `admin`, which stands for all of them.
pub fn admin_scopes() -> Result<ScopeSet, InvalidScope> {
    let mut scopes = ScopeSet::empty();
    scopes.insert(Scope::parse(ADMIN)?);
    for name in ADMIN_PERMISSIONS {
        scopes.insert(Scope::parse(name)?);
    }
    Ok(scopes)
}

/// The same as permissions of a role.
pub(super) fn admin_permissions() -> Result<BTreeSet<Permission>, InvalidRightName> {
    ADMIN_PERMISSIONS
        .iter()
        .map(|name| Permission::parse(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_is_a_scope_too() {
        let scopes = admin_scopes().unwrap();
        let permissions = admin_permissions().unwrap();
        assert_eq!(permissions.len(), ADMIN_PERMISSIONS.len());
        assert!(scopes.contains("admin"));
        for permission in permissions {
            assert!(scopes.contains(permission.as_str()));
        }
    }
}
