//! The scopes that every realm has, and in `system` those of the admin API. They are part of the
//! program and not of the store: they cannot be changed, and an upgrade brings its own.

use gatelodge_domain::api::Listing;
use gatelodge_domain::role::Protection;
use gatelodge_domain::scope::{
    ADMIN, EMAIL, ENTITLEMENTS, GROUPS, OFFLINE_ACCESS, OPENID, PROFILE, ROLES,
};
use gatelodge_domain::{
    DisplayName, Id, Permission, Realm, RealmSlug, Revision, Scope, ScopeDefinition,
};

use crate::admin::PERMISSIONS;

/// The standard scopes with what they are for.
const STANDARD: [(&str, &str); 7] = [
    (OPENID, "Know who you are."),
    (PROFILE, "See your name and profile."),
    (EMAIL, "See your email address."),
    (OFFLINE_ACCESS, "Stay connected while you are away."),
    (ROLES, "See your roles."),
    (GROUPS, "See your groups."),
    (ENTITLEMENTS, "See what you are entitled to."),
];

/// The built-in scopes of a realm, by row id. Their ids are small numbers, which no clock makes.
pub(crate) fn built_in_scopes(realm: &Realm) -> Vec<ScopeDefinition> {
    let standard = STANDARD.map(|(name, about)| (name, about, None));
    let mut named: Vec<(&str, &str, Option<&str>)> = standard.to_vec();
    if realm.slug == RealmSlug::system() {
        let all = "Do everything that your roles allow.";
        named.push((ADMIN, all, None));
        // Whoever has none of a permission is not given its scope.
        let parts = PERMISSIONS.iter();
        named.extend(parts.map(|(name, about)| (*name, about.trim(), Some(*name))));
    }
    let define = |(number, (name, about, requires)): (u128, (&str, &str, Option<&str>))| {
        Some(ScopeDefinition {
            id: Id::from_u128(number),
            realm: realm.id,
            name: Scope::parse(name).ok()?,
            description: DisplayName::parse(about).ok(),
            api: None,
            requires: requires
                .and_then(|name| Permission::parse(name).ok())
                .into_iter()
                .collect(),
            listing: Listing::Listed,
            protection: Protection::BuiltIn,
            revision: Revision::FIRST,
            created_at: realm.created_at,
        })
    };
    (1..).zip(named).filter_map(define).collect()
}

#[cfg(test)]
mod tests {
    use gatelodge_domain::realm::RealmStatus;
    use gatelodge_domain::{Settings, Timestamp};

    use super::*;

    #[test]
    fn every_realm_has_the_standard_scopes_and_system_those_of_the_admin_api() {
        let of = |slug: RealmSlug| {
            built_in_scopes(&Realm {
                id: Id::from_u128(9),
                slug,
                name: DisplayName::parse("Acme").unwrap(),
                status: RealmStatus::Active,
                settings: Settings::default(),
                user_schema: gatelodge_domain::attribute::UserSchema::default(),
                revision: Revision::FIRST,
                created_at: Timestamp::EPOCH,
            })
        };
        let acme = of(RealmSlug::parse("acme").unwrap());
        assert_eq!(acme.len(), STANDARD.len());
        let system = of(RealmSlug::system());
        assert_eq!(system.len(), STANDARD.len() + 1 + PERMISSIONS.len());
        assert!(system.is_sorted_by_key(|scope| scope.id));
        for scope in &system {
            assert!(scope.description.is_some(), "{}", scope.name);
        }
        let users = system.iter().find(|it| it.name.as_str() == "users:read");
        assert_eq!(users.unwrap().requires.len(), 1);
    }
}
