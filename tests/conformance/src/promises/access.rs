//! Composite roles, groups as a whole, and who holds what and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::role::Protection;
use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{DisplayName, Group, Id, Realm, Revision, Role, Subject, User};
use gatelodge_ports::store::{Holder, Holding, Included, Inclusion, Lock, PageRequest};
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::paging::{shuffled, walked};
use crate::race::race;
use crate::samples;

async fn some_roles(store: &Arc<dyn Store>, realm: Id<Realm>, count: usize) -> Vec<Role> {
    let roles: Vec<Role> = (0..count).map(|_| samples::role(realm)).collect();
    committed!(store, |unit| for role in shuffled(roles.clone()) {
        unit.roles().insert(&role).await.unwrap();
    });
    roles
}

async fn include(store: &Arc<dyn Store>, role: &Role, included: &Role) -> Included {
    let inclusion = inclusion(role, included);
    committed!(store, |unit| unit
        .roles()
        .include(role.realm, inclusion)
        .await
        .unwrap())
}

fn inclusion(role: &Role, included: &Role) -> Inclusion {
    Inclusion {
        role: role.id,
        included: included.id,
    }
}

fn ids(roles: &[Role]) -> Vec<Id<Role>> {
    roles.iter().map(|role| role.id).collect()
}

/// Whoever holds a role holds what it includes, near and far, once each, by role id; and it is
/// told what was given and what came with it.
pub async fn a_composite_role_gives_what_it_includes(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let realm = house.realm();
    let roles = some_roles(&store, realm, 5).await;
    // 0 includes 1 and 2, both include 3; 4 stands alone.
    for (role, included) in [(0, 1), (0, 2), (1, 3), (2, 3)] {
        let (role, included) = (&roles[role], &roles[included]);
        assert_eq!(include(&store, role, included).await, Included::New);
        assert_eq!(include(&store, role, included).await, Included::Already);
    }
    let group = samples::group(realm);
    committed!(store, |unit| {
        unit.roles().insert_group(&group).await.unwrap();
        let user = house.user.id;
        unit.roles().join(realm, group.id, user).await.unwrap();
        let roles_of = unit.roles();
        roles_of
            .assign_to_group(realm, roles[0].id, group.id)
            .await
            .unwrap();
        roles_of
            .assign(realm, roles[3].id, house.subject())
            .await
            .unwrap();
        let client = Subject::Client(house.client.id);
        roles_of.assign(realm, roles[1].id, client).await.unwrap();
    });
    let mut view = store.read().await.unwrap();
    let held = view.roles().held_by(realm, house.subject()).await.unwrap();
    assert_eq!(held, roles[..4]);
    let client = Subject::Client(house.client.id);
    let held = view.roles().held_by(realm, client).await.unwrap();
    assert_eq!(held, [roles[1].clone(), roles[3].clone()]);
    let nobody = view.roles().held_by(other.realm(), client).await.unwrap();
    assert_eq!(nobody, []);

    let holding = |role: &Role, through| Holding {
        role: role.id,
        through,
    };
    let holdings = view.roles().holdings_of(realm, house.subject()).await;
    let expected = [holding(&roles[0], Some(group.id)), holding(&roles[3], None)];
    assert_eq!(holdings.unwrap(), expected);
    let holdings = view.roles().holdings_of(realm, client).await.unwrap();
    assert_eq!(holdings, [holding(&roles[1], None)]);

    let with = view
        .roles()
        .with_included(realm, &[roles[2].id, roles[4].id])
        .await
        .unwrap();
    assert_eq!(ids(&with), [roles[2].id, roles[3].id, roles[4].id]);
    let edges = view
        .roles()
        .inclusions(realm, &[roles[0].id, roles[2].id])
        .await
        .unwrap();
    let expected = [(0, 1), (0, 2), (2, 3)].map(|(a, b)| inclusion(&roles[a], &roles[b]));
    assert_eq!(edges, expected);
    for foreign in [other.realm(), samples::id()] {
        let seen = view.roles().with_included(foreign, &ids(&roles)).await;
        assert_eq!(seen.unwrap(), []);
        let seen = view.roles().inclusions(foreign, &ids(&roles)).await;
        assert_eq!(seen.unwrap(), []);
    }
}

/// An inclusion that would close a circle writes nothing, however long the circle; one that was
/// ended, or whose role is gone, stands in nobody's way.
pub async fn roles_include_each_other_in_no_circle(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let roles = some_roles(&store, realm, 4).await;
    assert_eq!(
        include(&store, &roles[0], &roles[0]).await,
        Included::Circle
    );
    for (role, included) in [(0, 1), (1, 2), (2, 3)] {
        assert_eq!(
            include(&store, &roles[role], &roles[included]).await,
            Included::New
        );
    }
    for (role, included) in [(1, 0), (2, 0), (3, 0)] {
        let refused = include(&store, &roles[role], &roles[included]).await;
        assert_eq!(refused, Included::Circle);
    }
    let ended = inclusion(&roles[1], &roles[2]);
    for expected in [true, false] {
        let done = committed!(store, |unit| unit
            .roles()
            .exclude(realm, ended)
            .await
            .unwrap());
        assert_eq!(done, expected);
    }
    assert_eq!(include(&store, &roles[3], &roles[0]).await, Included::New);
    // 3 → 0 → 1 and 2 → 3: without 0 nothing leads from 3 to 1.
    committed!(store, |unit| assert!(
        unit.roles().remove(realm, roles[0].id).await.unwrap()
    ));
    assert_eq!(include(&store, &roles[1], &roles[3]).await, Included::New);
    committed!(store, |unit| unit.roles().insert(&roles[0]).await.unwrap());
    let left = seen!(store, |view| view
        .roles()
        .inclusions(realm, &ids(&roles))
        .await
        .unwrap());
    let expected = [(1, 3), (2, 3)].map(|(a, b)| inclusion(&roles[a], &roles[b]));
    assert_eq!(left, expected);
}

/// Roles that each want to include the next, all at once and under the realm's lock, end as a
/// chain: one of them would close the circle.
pub async fn many_at_once_cannot_close_a_circle(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let roles = ids(&some_roles(&store, realm, 8).await);
    let outcomes = race(&store, roles.len(), move |unit, number| {
        let next = Inclusion {
            role: roles[number],
            included: roles[(number + 1) % roles.len()],
        };
        Box::pin(async move {
            assert!(unit.locks().lock(Lock::Realm(realm)).await?);
            unit.roles().include(realm, next).await
        })
    })
    .await;
    let count = |wanted| outcomes.iter().filter(|it| **it == wanted).count();
    assert_eq!((count(Included::New), count(Included::Circle)), (7, 1));
}

/// Active people who hold a role by a composite one count, however they hold that.
pub async fn holders_by_inclusion_count(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let roles = some_roles(&store, realm, 3).await;
    include(&store, &roles[1], &roles[0]).await;
    include(&store, &roles[2], &roles[1]).await;
    let grouped = house.another_user(&store).await;
    let off = User {
        status: UserStatus::Deactivated {
            since: samples::NOW,
        },
        ..samples::user(realm)
    };
    let group = samples::group(realm);
    committed!(store, |unit| {
        unit.users().insert(&off).await.unwrap();
        unit.roles().insert_group(&group).await.unwrap();
        for user in [grouped.id, off.id, house.user.id] {
            unit.roles().join(realm, group.id, user).await.unwrap();
        }
        let roles_of = unit.roles();
        roles_of
            .assign_to_group(realm, roles[2].id, group.id)
            .await
            .unwrap();
        roles_of
            .assign(realm, roles[0].id, house.subject())
            .await
            .unwrap();
    });
    let count = async |role: &Role| {
        seen!(store, |view| view
            .roles()
            .count_active_holders(realm, role.id)
            .await
            .unwrap())
    };
    for role in &roles {
        assert_eq!(count(role).await, 2);
    }
    committed!(store, |unit| unit
        .roles()
        .exclude(realm, inclusion(&roles[2], &roles[1]))
        .await
        .unwrap());
    assert_eq!(count(&roles[0]).await, 1, "only who holds it directly");
    assert_eq!(count(&roles[1]).await, 0);
}

/// Administrators by a composite role through a group, who all want to leave it at once, keep
/// one among them.
pub async fn the_last_administrator_by_a_group_remains(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let roles = some_roles(&store, realm, 2).await;
    include(&store, &roles[1], &roles[0]).await;
    let group = samples::group(realm);
    let people: Vec<User> = (0..8).map(|_| samples::user(realm)).collect();
    committed!(store, |unit| {
        unit.roles().insert_group(&group).await.unwrap();
        for user in &people {
            unit.users().insert(user).await.unwrap();
            unit.roles().join(realm, group.id, user.id).await.unwrap();
        }
        unit.roles()
            .assign_to_group(realm, roles[1].id, group.id)
            .await
            .unwrap();
    });
    let (role, group, people) = (
        roles[0].id,
        group.id,
        people.iter().map(|user| user.id).collect::<Vec<_>>(),
    );
    let left = race(&store, people.len(), move |unit, number| {
        let user = people[number];
        Box::pin(async move {
            assert!(unit.locks().lock(Lock::Realm(realm)).await?);
            let before = unit.roles().count_active_holders(realm, role).await?;
            tokio::task::yield_now().await;
            if before > 1 {
                unit.roles().leave(realm, group, user).await
            } else {
                Ok(false)
            }
        })
    })
    .await;
    assert_eq!(left.iter().filter(|gone| **gone).count(), 7);
    let remain = seen!(store, |view| view
        .roles()
        .count_active_holders(realm, role)
        .await
        .unwrap());
    assert_eq!(remain, 1);
}

/// Who holds a role directly is paged by kind and id, every kind of holder once.
pub async fn holders_of_a_role_are_paged(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let realm = house.realm();
    let roles = some_roles(&store, realm, 2).await;
    let role = roles[0].id;
    let groups: Vec<Group> = (0..3).map(|_| samples::group(realm)).collect();
    let mut expected: Vec<Holder> = (0..4)
        .map(|_| Holder::Subject(Subject::User(samples::id())))
        .collect();
    expected.push(Holder::Subject(Subject::Client(house.client.id)));
    expected.extend(groups.iter().map(|group| Holder::Group(group.id)));
    committed!(store, |unit| {
        for group in &groups {
            unit.roles().insert_group(group).await.unwrap();
        }
        for holder in shuffled(expected.clone()) {
            let new = match holder {
                Holder::Subject(subject) => unit.roles().assign(realm, role, subject).await,
                Holder::Group(group) => unit.roles().assign_to_group(realm, role, group).await,
            };
            assert!(new.unwrap());
        }
        let roles_of = unit.roles();
        roles_of
            .assign(realm, roles[1].id, house.subject())
            .await
            .unwrap();
    });
    expected.sort_by_key(|holder| (holder.kind(), holder.bits()));
    let mut found: Vec<Holder> = Vec::new();
    loop {
        let after = found.last().copied();
        let page = seen!(store, |view| view
            .roles()
            .holders(realm, role, after, 3)
            .await
            .unwrap());
        found.extend(page.items);
        if !page.more {
            break;
        }
    }
    assert_eq!(found, expected);
    let foreign = seen!(store, |view| view
        .roles()
        .holders(other.realm(), role, None, 3)
        .await
        .unwrap());
    assert_eq!(foreign.items, []);
}

/// Groups come back by id and name, are paged, and can be narrowed to some of them.
pub async fn groups_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let realm = house.realm();
    let groups: Vec<Group> = (0..7).map(|_| samples::group(realm)).collect();
    committed!(store, |unit| for group in shuffled(groups.clone()) {
        unit.roles().insert_group(&group).await.unwrap();
    });
    for group in &groups {
        for (realm, expected) in [(realm, Some(group)), (other.realm(), None)] {
            let mut view = store.read().await.unwrap();
            let by_id = view.roles().find_group(realm, group.id).await.unwrap();
            let by_name = view.roles().find_group_by_name(realm, &group.name);
            let by_name = by_name.await.unwrap();
            assert_eq!((by_id.as_ref(), by_name.as_ref()), (expected, expected));
        }
    }
    let all: Vec<Id<Group>> = groups.iter().map(|group| group.id).collect();
    let ids = walked!(store, 3, |view, page| view
        .roles()
        .list_groups(realm, None, page));
    assert_eq!(ids, all);
    let some = BTreeSet::from([all[1], all[2], all[5], samples::id()]);
    let ids = walked!(store, 2, |view, page| view.roles().list_groups(
        realm,
        Some(&some),
        page
    ));
    assert_eq!(ids, [all[1], all[2], all[5]]);
    let none = BTreeSet::new();
    let ids = walked!(store, 2, |view, page| view.roles().list_groups(
        realm,
        Some(&none),
        page
    ));
    assert_eq!(ids, []);
}

/// A group's display name changes where its revision fits.
pub async fn a_group_changes_what_people_see(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let group = samples::group(house.realm());
    committed!(store, |unit| unit
        .roles()
        .insert_group(&group)
        .await
        .unwrap());
    let asked = Group {
        display_name: DisplayName::parse("Sales").unwrap(),
        ..group.clone()
    };
    let updated = committed!(store, |unit| unit
        .roles()
        .update_group(&asked)
        .await
        .unwrap());
    let expected = Group {
        revision: Revision(2),
        ..asked.clone()
    };
    assert_eq!(updated, expected);
    let found = seen!(store, |view| view
        .roles()
        .find_group(group.realm, group.id)
        .await
        .unwrap());
    assert_eq!(found, Some(updated));
    let mut unit = store.write().await.unwrap();
    let stale = unit.roles().update_group(&asked).await;
    assert_is!(stale, Err(StoreError::Stale));
}

/// The people in a group are paged by id; a group goes with its memberships and what it held,
/// and with nobody else's.
pub async fn a_group_goes_with_all_of_its(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let mut role = samples::role(realm);
    role.protection = Protection::None;
    let (group, bystander) = (samples::group(realm), samples::group(realm));
    let people: Vec<User> = (0..5).map(|_| samples::user(realm)).collect();
    committed!(store, |unit| {
        unit.roles().insert(&role).await.unwrap();
        for group in [&group, &bystander] {
            unit.roles().insert_group(group).await.unwrap();
            let given = unit.roles().assign_to_group(realm, role.id, group.id);
            assert!(given.await.unwrap());
        }
        for user in shuffled(people.clone()) {
            unit.users().insert(&user).await.unwrap();
            unit.roles().join(realm, group.id, user.id).await.unwrap();
        }
        let first = people[0].id;
        unit.roles().join(realm, bystander.id, first).await.unwrap();
    });
    let members = walked!(store, 2, |view, page| view
        .roles()
        .members(realm, group.id, page));
    let everybody: Vec<Id<User>> = people.iter().map(|user| user.id).collect();
    assert_eq!(members, everybody);
    let roles = seen!(store, |view| view
        .roles()
        .roles_of_group(realm, group.id)
        .await
        .unwrap());
    assert_eq!(roles, [role.clone()]);

    for expected in [true, false] {
        let gone = committed!(store, |unit| unit
            .roles()
            .remove_group(realm, group.id)
            .await
            .unwrap());
        assert_eq!(gone, expected);
    }
    committed!(store, |unit| unit
        .roles()
        .insert_group(&group)
        .await
        .unwrap());
    let mut view = store.read().await.unwrap();
    let page = || PageRequest::first(9);
    let members = view.roles().members(realm, group.id, page()).await.unwrap();
    assert_eq!(members.items, []);
    let roles = view.roles().roles_of_group(realm, group.id).await.unwrap();
    assert_eq!(roles, []);
    let members = view.roles().members(realm, bystander.id, page()).await;
    assert_eq!(members.unwrap().items, [people[0].clone()]);
    let roles = view.roles().roles_of_group(realm, bystander.id).await;
    assert_eq!(roles.unwrap(), [role.clone()]);
    drop(view);
    for expected in [true, false] {
        let taken = committed!(store, |unit| unit
            .roles()
            .unassign_from_group(realm, role.id, bystander.id)
            .await
            .unwrap());
        assert_eq!(taken, expected);
    }
}
