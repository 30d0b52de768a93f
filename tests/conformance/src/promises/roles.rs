//! Roles and groups, and who holds them.

use std::sync::Arc;

use gatelodge_domain::role::{Protection, SecondFactorRule};
use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{Group, Id, Revision, Role, Subject, User};
use gatelodge_ports::store::Duplicate;
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::paging::{shuffled, walked};
use crate::samples;

/// Roles come back as they went in, by id and name, paged by id, and from no other realm.
pub async fn roles_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let realm = house.realm();
    let mut roles: Vec<Role> = (0..7).map(|_| samples::role(realm)).collect();
    roles[3].permissions.clear();
    roles[3].protection = Protection::None;
    committed!(store, |unit| for role in shuffled(roles.clone()) {
        unit.roles().insert(&role).await.unwrap();
    });
    for role in &roles {
        for (realm, expected) in [(realm, Some(role)), (other.realm(), None)] {
            let mut view = store.read().await.unwrap();
            assert_eq!(
                view.roles().find(realm, role.id).await.unwrap().as_ref(),
                expected
            );
            let by_name = view.roles().find_by_name(realm, &role.name).await.unwrap();
            assert_eq!(by_name.as_ref(), expected);
        }
    }
    let ids = walked!(store, 3, |view, page| view.roles().list(realm, page));
    assert_eq!(
        ids,
        roles.iter().map(|role| role.id).collect::<Vec<Id<Role>>>()
    );
    let ids = walked!(store, 3, |view, page| view
        .roles()
        .list(other.realm(), page));
    assert_eq!(ids, []);
}

/// A role's or group's name is taken once in a realm and free in every other.
pub async fn a_taken_role_or_group_name_is_a_duplicate(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (role, group) = (samples::role(house.realm()), samples::group(house.realm()));
    committed!(store, |unit| {
        unit.roles().insert(&role).await.unwrap();
        unit.roles().insert_group(&group).await.unwrap();
    });
    let mut unit = store.write().await.unwrap();
    let answer = unit
        .roles()
        .insert(&Role {
            id: samples::id(),
            ..role.clone()
        })
        .await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::RoleName)));
    drop(unit);
    let mut unit = store.write().await.unwrap();
    let answer = unit
        .roles()
        .insert_group(&Group {
            id: samples::id(),
            ..group.clone()
        })
        .await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::GroupName)));
    drop(unit);
    committed!(store, |unit| {
        let realm = other.realm();
        unit.roles()
            .insert(&Role {
                id: samples::id(),
                realm,
                ..role
            })
            .await
            .unwrap();
        unit.roles()
            .insert_group(&Group {
                id: samples::id(),
                realm,
                ..group
            })
            .await
            .unwrap();
    });
}

/// An update writes display name and permissions, and counts up; an older revision is stale.
pub async fn a_role_changes_what_it_allows(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let role = samples::role(house.realm());
    committed!(store, |unit| unit.roles().insert(&role).await.unwrap());
    let mut asked = role.clone();
    asked.permissions.pop_first();
    asked.second_factor = SecondFactorRule::Required;
    let updated = committed!(store, |unit| unit.roles().update(&asked).await.unwrap());
    assert_eq!(
        updated,
        Role {
            revision: Revision(2),
            ..asked.clone()
        }
    );
    let found = seen!(store, |view| view
        .roles()
        .find(role.realm, role.id)
        .await
        .unwrap());
    assert_eq!(found, Some(updated));
    let mut unit = store.write().await.unwrap();
    assert_is!(unit.roles().update(&asked).await, Err(StoreError::Stale));
}

/// A role is held once however often it is given, directly or through groups, by people and
/// clients, and listed by role id.
pub async fn a_role_is_held_directly_and_through_groups(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, subject) = (house.realm(), house.subject());
    let (both, direct, grouped) = (
        samples::role(realm),
        samples::role(realm),
        samples::role(realm),
    );
    let (first, second) = (samples::group(realm), samples::group(realm));
    committed!(store, |unit| {
        for role in [&grouped, &direct, &both] {
            unit.roles().insert(role).await.unwrap();
        }
        for group in [&second, &first] {
            unit.roles().insert_group(group).await.unwrap();
            assert!(
                unit.roles()
                    .join(realm, group.id, house.user.id)
                    .await
                    .unwrap()
            );
            assert!(
                !unit
                    .roles()
                    .join(realm, group.id, house.user.id)
                    .await
                    .unwrap()
            );
            assert!(
                unit.roles()
                    .assign_to_group(realm, both.id, group.id)
                    .await
                    .unwrap()
            );
            assert!(
                !unit
                    .roles()
                    .assign_to_group(realm, both.id, group.id)
                    .await
                    .unwrap()
            );
        }
        unit.roles()
            .assign_to_group(realm, grouped.id, first.id)
            .await
            .unwrap();
        for role in [&direct, &both] {
            assert!(unit.roles().assign(realm, role.id, subject).await.unwrap());
            assert!(!unit.roles().assign(realm, role.id, subject).await.unwrap());
        }
        unit.roles()
            .assign(realm, direct.id, Subject::Client(house.client.id))
            .await
            .unwrap();
    });
    let mut view = store.read().await.unwrap();
    let held = view.roles().held_by(realm, subject).await.unwrap();
    assert_eq!(held, [both.clone(), direct.clone(), grouped]);
    let by_client = view
        .roles()
        .held_by(realm, Subject::Client(house.client.id))
        .await
        .unwrap();
    assert_eq!(by_client, [direct]);
    let groups = view.roles().groups_of(realm, house.user.id).await.unwrap();
    assert_eq!(groups, [first.clone(), second]);
    // A workload with the same number is somebody else.
    let namesake = Subject::from_parts("workload", subject.bits()).unwrap();
    assert_eq!(view.roles().held_by(realm, namesake).await.unwrap(), []);
    drop(view);

    committed!(store, |unit| {
        assert!(
            unit.roles()
                .leave(realm, first.id, house.user.id)
                .await
                .unwrap()
        );
        assert!(
            !unit
                .roles()
                .leave(realm, first.id, house.user.id)
                .await
                .unwrap()
        );
        assert!(
            unit.roles()
                .unassign(realm, both.id, subject)
                .await
                .unwrap()
        );
        assert!(
            !unit
                .roles()
                .unassign(realm, both.id, subject)
                .await
                .unwrap()
        );
    });
    let held = seen!(store, |view| view
        .roles()
        .held_by(realm, subject)
        .await
        .unwrap());
    assert_eq!(
        held.len(),
        2,
        "through the second group `both` is held still"
    );
}

/// Removing a role takes it from everybody.
pub async fn removing_a_role_takes_it_from_all(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, role, group) = (
        house.realm(),
        samples::role(house.realm()),
        samples::group(house.realm()),
    );
    let member = house.another_user(&store).await;
    committed!(store, |unit| {
        unit.roles().insert(&role).await.unwrap();
        unit.roles().insert_group(&group).await.unwrap();
        unit.roles()
            .assign(realm, role.id, house.subject())
            .await
            .unwrap();
        unit.roles().join(realm, group.id, member.id).await.unwrap();
        unit.roles()
            .assign_to_group(realm, role.id, group.id)
            .await
            .unwrap();
    });
    let first = committed!(store, |unit| unit
        .roles()
        .remove(realm, role.id)
        .await
        .unwrap());
    let second = committed!(store, |unit| unit
        .roles()
        .remove(realm, role.id)
        .await
        .unwrap());
    assert_eq!((first, second), (true, false));
    committed!(store, |unit| unit.roles().insert(&role).await.unwrap());
    for subject in [house.subject(), Subject::User(member.id)] {
        let held = seen!(store, |view| view
            .roles()
            .held_by(realm, subject)
            .await
            .unwrap());
        assert_eq!(held, []);
    }
}

/// Only active people count as holders, each once, and clients not at all.
pub async fn active_holders_are_counted_once_each(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, role, group) = (
        house.realm(),
        samples::role(house.realm()),
        samples::group(house.realm()),
    );
    let grouped = house.another_user(&store).await;
    let off = User {
        status: UserStatus::Deactivated {
            since: samples::NOW,
        },
        ..samples::user(realm)
    };
    committed!(store, |unit| {
        unit.users().insert(&off).await.unwrap();
        unit.roles().insert(&role).await.unwrap();
        unit.roles().insert_group(&group).await.unwrap();
        unit.roles()
            .assign_to_group(realm, role.id, group.id)
            .await
            .unwrap();
        for user in [house.user.id, grouped.id, off.id] {
            unit.roles().join(realm, group.id, user).await.unwrap();
        }
        for subject in [house.subject(), Subject::Client(house.client.id)] {
            unit.roles().assign(realm, role.id, subject).await.unwrap();
        }
    });
    let (here, there) = seen!(store, |view| (
        view.roles()
            .count_active_holders(realm, role.id)
            .await
            .unwrap(),
        view.roles()
            .count_active_holders(other.realm(), role.id)
            .await
            .unwrap(),
    ));
    assert_eq!((here, there), (2, 0));
}
