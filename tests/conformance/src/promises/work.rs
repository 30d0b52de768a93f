//! Work that is handed over: a unit like any other, carried out by the store.

use std::sync::Arc;

use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{Digest, Timestamp};
use gatelodge_ports::store::{Remembered, TicketKey};
use gatelodge_ports::{Store, StoreError};
use tokio::task::JoinSet;

use crate::fixture::{House, seen};
use crate::race::MANY;
use crate::samples;

/// What work wrote is there when it is answered, and its answer comes back.
pub async fn work_that_ends_well_is_kept(store: Arc<dyn Store>) {
    let realm = samples::realm();
    let (id, expected) = (realm.id, realm.clone());
    let own: Result<_, StoreError> = store
        .transact(move |unit| {
            Box::pin(async move {
                unit.realms().insert(&realm).await?;
                unit.realms().find(id).await
            })
        })
        .await;
    let found = seen!(store, |view| view.realms().find(id).await.unwrap());
    assert_eq!(own.unwrap().as_ref(), Some(&expected), "it reads its own");
    assert_eq!(found, Some(expected));
}

/// What work wrote that ends with an error never was, whatever the error.
pub async fn work_that_ends_badly_leaves_no_trace(store: Arc<dyn Store>) {
    #[derive(Debug)]
    enum Trouble {
        Store(StoreError),
        Refused,
    }
    impl From<StoreError> for Trouble {
        fn from(error: StoreError) -> Self {
            Self::Store(error)
        }
    }
    let (house, realm) = (House::build(&store).await, samples::realm());
    let (id, again) = (realm.id, house.realm.clone());
    let inserted = realm.clone();
    let refused: Result<(), Trouble> = store
        .transact(move |unit| {
            Box::pin(async move {
                unit.realms().insert(&inserted).await?;
                Err(Trouble::Refused)
            })
        })
        .await;
    assert!(matches!(refused, Err(Trouble::Refused)), "{refused:?}");
    let failed: Result<(), Trouble> = store
        .transact(move |unit| {
            Box::pin(async move {
                unit.realms().insert(&realm).await?;
                Ok(unit.realms().insert(&again).await?)
            })
        })
        .await;
    let is_duplicate = matches!(failed, Err(Trouble::Store(StoreError::Duplicate(_))));
    assert!(is_duplicate, "{failed:?}");
    let found = seen!(store, |view| view.realms().find(id).await.unwrap());
    assert_eq!(found, None);
}

/// Of many pieces at once, beside units that are held, each is kept or undone by its own end
/// alone.
pub async fn work_that_ends_badly_harms_nobody(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let mut running = JoinSet::new();
    for number in 0..MANY {
        let (store, user) = (Arc::clone(&store), samples::full_user(realm));
        running.spawn(async move {
            let id = user.id;
            match number % 4 {
                // Held by its caller, and dropped.
                0 => {
                    let mut unit = store.write().await.unwrap();
                    unit.users().insert(&user).await.unwrap();
                    drop(unit);
                    return (id, false);
                }
                1 => {
                    let mut unit = store.write().await.unwrap();
                    unit.users().insert(&user).await.unwrap();
                    unit.commit().await.unwrap();
                    return (id, true);
                }
                _ => {}
            }
            let ends_well = number % 4 == 2;
            let done: Result<(), StoreError> = store
                .transact(move |unit| {
                    Box::pin(async move {
                        unit.users().insert(&user).await?;
                        ends_well.then_some(()).ok_or(StoreError::Stale)
                    })
                })
                .await;
            assert_eq!(done.is_ok(), ends_well, "{done:?}");
            (id, ends_well)
        });
    }
    for (id, kept) in running.join_all().await {
        let found = seen!(store, |view| view.users().find(realm, id).await.unwrap());
        assert_eq!(found.is_some(), kept);
    }
}

/// Of many who remember the same, half of them by work and half in units that they hold, one is
/// the first.
pub async fn one_of_many_pieces_of_work_wins(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let key = TicketKey {
        realm: house.realm(),
        kind: TicketKind::AuthorizationCode,
        digest: Digest::new([7; 32]),
    };
    let (now, until) = (Timestamp::from_millis(1), Timestamp::from_millis(9));
    let mut running = JoinSet::new();
    for number in 0..MANY {
        let store = Arc::clone(&store);
        running.spawn(async move {
            if number % 2 == 0 {
                let done: Result<Remembered, StoreError> = store
                    .transact(move |unit| {
                        Box::pin(async move { unit.tickets().remember(key, now, until).await })
                    })
                    .await;
                return done.unwrap();
            }
            let mut unit = store.write().await.unwrap();
            let remembered = unit.tickets().remember(key, now, until).await.unwrap();
            unit.commit().await.unwrap();
            remembered
        });
    }
    let remembered = running.join_all().await;
    let winners = remembered
        .iter()
        .filter(|one| matches!(one, Remembered::First));
    assert_eq!(winners.count(), 1);
}
