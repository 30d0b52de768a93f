//! The one API that is part of the program: the admin API, in `system`.

use gatelodge_domain::api::{ApiIdentifier, Listing};
use gatelodge_domain::role::Protection;
use gatelodge_domain::{Api, DisplayName, Id, Realm, RealmSlug, Revision};

use crate::setup::ADMIN_API;

/// The built-in APIs of a realm. Their ids are small numbers, which no clock makes.
pub(super) fn built_in_apis(realm: &Realm) -> Vec<Api> {
    if realm.slug != RealmSlug::system() {
        return Vec::new();
    }
    let name = DisplayName::parse("Gatelodge administration");
    let (Ok(identifier), Ok(name)) = (ApiIdentifier::parse(ADMIN_API), name) else {
        return Vec::new();
    };
    vec![Api {
        id: Id::from_u128(1),
        realm: realm.id,
        identifier,
        name,
        listing: Listing::Hidden,
        protection: Protection::BuiltIn,
        revision: Revision::FIRST,
        created_at: realm.created_at,
    }]
}
