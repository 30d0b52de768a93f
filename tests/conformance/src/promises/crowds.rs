//! Many at once: one winner, nobody in the way of anybody else, and invariants over several
//! rows that hold.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{Id, Subject, User};
use gatelodge_ports::store::{Duplicate, Lock};
use gatelodge_ports::{Store, StoreError};
use tokio::sync::Barrier;
use tokio::time::timeout;

use crate::fixture::{House, assert_is, committed, seen};
use crate::race::{MANY, race, tried};
use crate::samples;

/// Of many who want the same name exactly one gets it; to the others it is taken.
pub async fn one_of_many_gets_the_name(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let wanted = samples::user(house.realm());
    let (realm, name) = (house.realm(), wanted.username.clone());
    let outcomes = tried(&store, MANY, move |unit, _| {
        let user = User {
            username: name.clone(),
            ..samples::user(realm)
        };
        Box::pin(async move { unit.users().insert(&user).await })
    })
    .await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        assert_is!(outcome, Err(StoreError::Duplicate(Duplicate::Username)));
    }
}

/// Of many who read a row and change it exactly one does; the others are told it is stale.
pub async fn one_of_many_updates_a_revision(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let user = house.user.clone();
    let outcomes = tried(&store, MANY, move |unit, _| {
        let user = user.clone();
        Box::pin(async move { unit.users().update(&user).await })
    })
    .await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        assert_is!(outcome, Err(StoreError::Stale));
    }
}

/// Units that read before they write do not fail because another one wrote in between. None
/// of them is tried again.
pub async fn reading_first_does_not_break_writers(store: Arc<dyn Store>) {
    let house = Arc::new(House::build(&store).await);
    let start = Arc::new(Barrier::new(32));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (store, house, start) = (Arc::clone(&store), Arc::clone(&house), Arc::clone(&start));
        running.spawn(async move {
            start.wait().await;
            let mut unit = store.write().await?;
            let user = unit.users().find(house.realm(), house.user.id).await?;
            assert!(user.is_some());
            tokio::task::yield_now().await;
            let ticket = samples::ticket(house.realm(), TicketKind::AccessToken);
            unit.tickets().issue(&ticket).await?;
            unit.commit().await
        });
    }
    for outcome in running.join_all().await {
        outcome.expect("no unit fails for having read first");
    }
}

/// A unit that fails among many fails alone: all the others are there.
pub async fn a_neighbours_failure_is_not_mine(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, taken) = (house.realm(), house.user.clone());
    let users: Arc<Vec<User>> = Arc::new((0..MANY).map(|_| samples::user(realm)).collect());
    let wanted = Arc::clone(&users);
    tried(&store, MANY, move |unit, number| {
        let (user, taken) = (wanted[number].clone(), taken.clone());
        Box::pin(async move {
            unit.users().insert(&user).await?;
            match number % 4 {
                0 => {
                    unit.users()
                        .insert(&User {
                            id: samples::id(),
                            ..taken
                        })
                        .await
                }
                1 => Err(StoreError::Stale), // the caller gives up, whatever for
                _ => Ok(()),
            }
        })
    })
    .await;
    for (number, user) in users.iter().enumerate() {
        let found = seen!(store, |view| view
            .users()
            .find(realm, user.id)
            .await
            .unwrap());
        assert_eq!(found.is_some(), number % 4 > 1, "unit {number}");
    }
}

/// Of several administrators who all step down at once unless they are the last, one remains.
pub async fn the_last_administrator_remains(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, role) = (house.realm(), samples::role(house.realm()));
    let admins: Vec<User> = (0..8).map(|_| samples::user(realm)).collect();
    committed!(store, |unit| {
        unit.roles().insert(&role).await.unwrap();
        for admin in &admins {
            unit.users().insert(admin).await.unwrap();
            unit.roles()
                .assign(realm, role.id, Subject::User(admin.id))
                .await
                .unwrap();
        }
    });
    let stepped_down = race(&store, admins.len(), move |unit, number| {
        let (role, admin) = (role.id, Subject::User(admins[number].id));
        Box::pin(async move {
            assert!(unit.locks().lock(Lock::Realm(realm)).await?);
            let left = unit.roles().count_active_holders(realm, role).await?;
            tokio::task::yield_now().await;
            if left > 1 {
                unit.roles().unassign(realm, role, admin).await
            } else {
                Ok(false)
            }
        })
    })
    .await;
    assert_eq!(stepped_down.iter().filter(|done| **done).count(), 7);
    let page = gatelodge_ports::store::PageRequest::first(1);
    let role = seen!(store, |view| view.roles().list(realm, page).await.unwrap())
        .items
        .remove(0);
    let left = seen!(store, |view| view
        .roles()
        .count_active_holders(realm, role.id)
        .await
        .unwrap());
    assert_eq!(left, 1);
}

/// What is not there cannot be locked, and neither can what is in another realm.
pub async fn only_what_is_there_is_locked(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, foreign) = (house.realm(), other.realm());
    let cases = [
        (Lock::Realm(realm), true),
        (Lock::User(realm, house.user.id), true),
        (Lock::Client(realm, house.client.id), true),
        (Lock::Realm(samples::id()), false),
        (Lock::User(foreign, house.user.id), false),
        (Lock::Client(foreign, house.client.id), false),
        (Lock::User(realm, samples::id()), false),
    ];
    let mut unit = store.write().await.unwrap();
    for (lock, expected) in cases {
        assert_eq!(unit.locks().lock(lock).await.unwrap(), expected, "{lock:?}");
    }
    unit.commit().await.unwrap();
}

/// Two units that lock the same rows in opposite order both end, one of them perhaps as
/// contended, and whoever comes after them finds the rows free.
pub async fn opposite_lock_orders_end(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (one, other) = (house.user.id, house.another_user(&store).await.id);
    let realm = house.realm();
    let both = |store: Arc<dyn Store>, first: Id<User>, second: Id<User>| async move {
        let mut unit = store.write().await?;
        unit.locks().lock(Lock::User(realm, first)).await?;
        tokio::task::yield_now().await;
        unit.locks().lock(Lock::User(realm, second)).await?;
        unit.commit().await
    };
    for _ in 0..3 {
        let pair = async {
            tokio::join!(
                tokio::spawn(both(Arc::clone(&store), one, other)),
                tokio::spawn(both(Arc::clone(&store), other, one)),
            )
        };
        let (first, second) = timeout(Duration::from_mins(1), pair)
            .await
            .expect("both end");
        for outcome in [first.unwrap(), second.unwrap()] {
            assert_is!(
                outcome,
                Ok(()) | Err(StoreError::Contended | StoreError::Unavailable(_))
            );
        }
    }
    let after = both(Arc::clone(&store), one, other);
    timeout(Duration::from_mins(1), after)
        .await
        .expect("the rows are free")
        .unwrap();
}
