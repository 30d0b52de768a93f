//! The permissions of the admin plane as scopes and as a role. Their names are the same, so that
//! a token can be narrowed to some of them.

use std::collections::BTreeSet;

use gatelodge_domain::role::InvalidRightName;
use gatelodge_domain::scope::{ADMIN, InvalidScope};
use gatelodge_domain::{Permission, Scope, ScopeSet};

use crate::admin::PERMISSIONS;

/// Every permission as a scope, with `admin`, which stands for all of them.
pub fn admin_scopes() -> Result<ScopeSet, InvalidScope> {
    let mut scopes = ScopeSet::empty();
    scopes.insert(Scope::parse(ADMIN)?);
    for (name, _) in PERMISSIONS {
        scopes.insert(Scope::parse(name)?);
    }
    Ok(scopes)
}

/// The same as permissions of a role.
pub(super) fn admin_permissions() -> Result<BTreeSet<Permission>, InvalidRightName> {
    PERMISSIONS
        .iter()
        .map(|(name, _)| Permission::parse(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_is_a_scope_too() {
        let scopes = admin_scopes().unwrap();
        let permissions = admin_permissions().unwrap();
        assert_eq!(permissions.len(), PERMISSIONS.len());
        assert!(scopes.contains("admin"));
        for permission in permissions {
            assert!(scopes.contains(permission.as_str()));
        }
    }
}
