//! The permissions of the admin API, in `system`. They are part of the program.

use gatelodge_domain::role::Protection;
use gatelodge_domain::{
    DisplayName, Id, Permission, PermissionDefinition, Realm, RealmSlug, Revision,
};

use crate::admin::PERMISSIONS;

/// The built-in permissions of a realm, by row id. Their ids are small numbers, which no clock
/// makes.
pub(super) fn built_in_permissions(realm: &Realm) -> Vec<PermissionDefinition> {
    if realm.slug != RealmSlug::system() {
        return Vec::new();
    }
    let define = |(number, (name, about)): (u128, &(&str, &str))| {
        Some(PermissionDefinition {
            id: Id::from_u128(number),
            realm: realm.id,
            name: Permission::parse(name).ok()?,
            description: DisplayName::parse(about.trim()).ok(),
            api: Some(Id::from_u128(1)),
            protection: Protection::BuiltIn,
            revision: Revision::FIRST,
            created_at: realm.created_at,
        })
    };
    (1..).zip(PERMISSIONS).filter_map(define).collect()
}
