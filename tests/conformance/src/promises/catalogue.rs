//! APIs, and the definitions of scopes and permissions.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::api::{ApiIdentifier, Listing};
use gatelodge_domain::role::Protection;
use gatelodge_domain::{
    Api, DisplayName, Id, Permission, PermissionDefinition, Realm, Revision, Scope, ScopeDefinition,
};
use gatelodge_ports::store::{Duplicate, Inclusion, PageRequest, Swept};
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::paging::{shuffled, walked};
use crate::samples;

fn api(realm: Id<Realm>) -> Api {
    Api {
        id: samples::id(),
        realm,
        identifier: ApiIdentifier::parse(&format!("https://api-{}/?a=%5C\"'", samples::number()))
            .unwrap(),
        name: DisplayName::parse("Aufträge 📦").unwrap(),
        listing: Listing::Listed,
        protection: Protection::None,
        revision: Revision::FIRST,
        created_at: samples::at(-3),
    }
}

fn scope(realm: Id<Realm>) -> ScopeDefinition {
    ScopeDefinition {
        id: samples::id(),
        realm,
        name: Scope::parse(&format!("orders:{}", samples::number())).unwrap(),
        description: Some(DisplayName::parse("See your \"orders\"").unwrap()),
        api: Some(samples::id()),
        requires: ["orders:read", "orders:list"]
            .map(|name| Permission::parse(name).unwrap())
            .into(),
        listing: Listing::Listed,
        protection: Protection::BuiltIn,
        revision: Revision::FIRST,
        created_at: samples::at(-4),
    }
}

fn permission(realm: Id<Realm>) -> PermissionDefinition {
    PermissionDefinition {
        id: samples::id(),
        realm,
        name: Permission::parse(&format!("orders:{}", samples::number())).unwrap(),
        description: Some(DisplayName::parse("Bestellungen lesen").unwrap()),
        api: Some(samples::id()),
        protection: Protection::BuiltIn,
        revision: Revision::FIRST,
        created_at: samples::at(-5),
    }
}

macro_rules! shelf {
    (
        $about:literal $promise:ident: $made:ident, $taken:ident, by $name:ident,
        $find:ident $find_by:ident $list:ident $insert:ident $update:ident $remove:ident;
        plain { $($field:ident: $plain:expr),+ }
    ) => {
        #[doc = $about]
        pub async fn $promise(store: Arc<dyn Store>) {
            let (house, other) = (House::build(&store).await, House::build(&store).await);
            let realm = house.realm();
            let mut rows: Vec<_> = (0..7).map(|_| $made(realm)).collect();
            $(rows[3].$field = $plain;)+
            committed!(store, |unit| for row in shuffled(rows.clone()) {
                unit.catalogue().$insert(&row).await.unwrap();
            });
            for row in &rows {
                for (realm, expected) in [(realm, Some(row)), (other.realm(), None)] {
                    let mut view = store.read().await.unwrap();
                    let by_id = view.catalogue().$find(realm, row.id).await.unwrap();
                    let by_name = view.catalogue().$find_by(realm, &row.$name).await.unwrap();
                    assert_eq!((by_id.as_ref(), by_name.as_ref()), (expected, expected));
                }
            }
            let all: Vec<_> = rows.iter().map(|row| row.id).collect();
            assert_eq!(walked!(store, 3, |view, page| view.catalogue().$list(realm, page)), all);
            let there = other.realm();
            assert_eq!(walked!(store, 3, |view, page| view.catalogue().$list(there, page)), []);

            let mut namesake = rows[0].clone();
            namesake.id = samples::id();
            let mut unit = store.write().await.unwrap();
            let answer = unit.catalogue().$insert(&namesake).await;
            assert_is!(answer, Err(StoreError::Duplicate(Duplicate::$taken)));
            drop(unit);
            namesake.realm = there;
            committed!(store, |unit| unit.catalogue().$insert(&namesake).await.unwrap());

            let mut asked = rows[1].clone();
            $(asked.$field = $plain;)+
            let updated = committed!(store, |unit| {
                unit.catalogue().$update(&asked).await.unwrap()
            });
            let mut expected = asked.clone();
            expected.revision = Revision(2);
            assert_eq!(updated, expected);
            let found = seen!(store, |view| {
                view.catalogue().$find(realm, asked.id).await.unwrap()
            });
            assert_eq!(found, Some(expected));
            let mut unit = store.write().await.unwrap();
            assert_is!(unit.catalogue().$update(&asked).await, Err(StoreError::Stale));
            drop(unit);

            for (realm, expected) in [(there, false), (realm, true), (realm, false)] {
                let gone = committed!(store, |unit| {
                    unit.catalogue().$remove(realm, rows[0].id).await.unwrap()
                });
                assert_eq!(gone, expected);
            }
            committed!(store, |unit| unit.catalogue().$insert(&rows[0]).await.unwrap());
        }
    };
}

shelf! {
    "APIs are kept by id and identifier, in their realm, and change where the revision fits."
    apis_are_kept: api, ApiIdentifier, by identifier,
    find_api find_api_by_identifier list_apis insert_api update_api remove_api;
    plain { name: DisplayName::parse("Orders").unwrap(), listing: Listing::Hidden }
}

shelf! {
    "Scopes are kept by id and name, in their realm, and change where the revision fits."
    scopes_are_kept: scope, ScopeName, by name,
    find_scope find_scope_by_name list_scopes insert_scope update_scope remove_scope;
    plain {
        description: None, api: None, requires: BTreeSet::new(), listing: Listing::Hidden
    }
}

shelf! {
    "Permissions are kept by id and name, in their realm, and change where the revision fits."
    permissions_are_kept: permission, PermissionName, by name,
    find_permission find_permission_by_name list_permissions insert_permission update_permission
    remove_permission;
    plain { description: None, api: None }
}

/// An API is used while a scope or a permission of its realm belongs to it.
pub async fn an_api_is_used_by_scopes_and_permissions(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let realm = house.realm();
    let (by_scope, by_permission, unused) = (api(realm), api(realm), api(realm));
    committed!(store, |unit| {
        for one in [&by_scope, &by_permission, &unused] {
            unit.catalogue().insert_api(one).await.unwrap();
        }
        let scope = ScopeDefinition {
            api: Some(by_scope.id),
            ..scope(realm)
        };
        unit.catalogue().insert_scope(&scope).await.unwrap();
        let permission = PermissionDefinition {
            api: Some(by_permission.id),
            ..permission(realm)
        };
        unit.catalogue()
            .insert_permission(&permission)
            .await
            .unwrap();
    });
    for (realm, api, expected) in [
        (realm, &by_scope, true),
        (realm, &by_permission, true),
        (realm, &unused, false),
        (other.realm(), &by_scope, false),
    ] {
        let used = seen!(store, |view| view
            .catalogue()
            .api_is_used(realm, api.id)
            .await
            .unwrap());
        assert_eq!(used, expected);
    }
}

/// What a realm said of its tokens, and what its roles include, goes with it, in batches, and
/// nothing of another realm does.
pub async fn a_swept_realm_loses_its_catalogue(store: Arc<dyn Store>) {
    let (gone, stays) = (House::build(&store).await, House::build(&store).await);
    let mut roles = Vec::new();
    for realm in [gone.realm(), stays.realm()] {
        let (composite, included) = (samples::role(realm), samples::role(realm));
        committed!(store, |unit| {
            for _ in 0..3 {
                unit.catalogue().insert_api(&api(realm)).await.unwrap();
                unit.catalogue().insert_scope(&scope(realm)).await.unwrap();
                let made = unit.catalogue().insert_permission(&permission(realm)).await;
                made.unwrap();
            }
            for role in [&composite, &included] {
                unit.roles().insert(role).await.unwrap();
            }
            let inclusion = Inclusion {
                role: composite.id,
                included: included.id,
            };
            unit.roles().include(realm, inclusion).await.unwrap();
        });
        roles.push(composite.id);
    }
    let mut turns = 0;
    while committed!(store, |unit| unit
        .realms()
        .sweep(gone.realm(), 2)
        .await
        .unwrap())
        == Swept::More
    {
        turns += 1;
        assert!(turns < 50, "sweeping does not end");
    }
    for (realm, expected) in [(gone.realm(), 0), (stays.realm(), 3)] {
        let mut view = store.read().await.unwrap();
        let apis = view
            .catalogue()
            .list_apis(realm, PageRequest::first(9))
            .await;
        let scopes = view
            .catalogue()
            .list_scopes(realm, PageRequest::first(9))
            .await;
        let permissions = view.catalogue();
        let permissions = permissions
            .list_permissions(realm, PageRequest::first(9))
            .await;
        let left = [
            apis.unwrap().items.len(),
            scopes.unwrap().items.len(),
            permissions.unwrap().items.len(),
        ];
        assert_eq!(left, [expected; 3]);
        let inclusions = view.roles().inclusions(realm, &roles).await.unwrap();
        assert_eq!(inclusions.len(), expected / 3);
    }
}
