//! The change feed.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::revocation::{RevokedThing, WatermarkOwner};
use gatelodge_domain::{Client, Id, Realm, Revocation, Watermark};
use gatelodge_ports::Store;
use gatelodge_ports::store::Change;
use tokio::time::{Instant, timeout};

use crate::fixture::{assert_is, committed, seen};
use crate::race::race;
use crate::samples::{self, NOW, at};

/// A node that follows the feed: where it is, and what it has heard.
struct Follower {
    position: u64,
    heard: Vec<Change>,
}

impl Follower {
    async fn begin(store: &Arc<dyn Store>) -> Self {
        let position = seen!(store, |view| view.changes().position().await.unwrap());
        Self {
            position,
            heard: Vec::new(),
        }
    }

    /// Looks once, and says whether there was anything.
    async fn look(&mut self, store: &Arc<dyn Store>) -> bool {
        let position = self.position;
        let rows = seen!(store, |view| view
            .changes()
            .since(position, 10)
            .await
            .unwrap());
        assert!(rows.len() <= 10, "more than was asked for");
        assert!(
            rows.is_sorted_by_key(|row| row.number),
            "the oldest come first"
        );
        for row in &rows {
            self.position = self.position.max(row.number);
            self.heard.push(row.change);
        }
        !rows.is_empty()
    }

    /// Looks until the feed has nothing more to say.
    async fn catch_up(&mut self, store: &Arc<dyn Store>) {
        let patience = Instant::now() + Duration::from_mins(1);
        while self.look(store).await {
            assert!(
                Instant::now() < patience,
                "the feed repeats itself for ever"
            );
            tokio::task::yield_now().await;
        }
    }
}

/// Every kind of change comes back with all there is to know of it, in order.
pub async fn changes_come_back_whole(store: Arc<dyn Store>) {
    let realm: Id<Realm> = samples::id();
    let mut changes = vec![
        Change::Realm(realm),
        Change::Keys(realm),
        Change::Client(realm, samples::id()),
        Change::User(realm, samples::id()),
        Change::Session(realm, samples::id()),
    ];
    for thing in [
        RevokedThing::Token(samples::id()),
        RevokedThing::Grant(samples::id()),
        RevokedThing::Session(samples::id()),
    ] {
        changes.push(Change::Revoked(Revocation {
            realm,
            thing,
            until: at(9),
        }));
    }
    for owner in [
        WatermarkOwner::User(samples::id()),
        WatermarkOwner::Client(samples::id()),
        WatermarkOwner::Realm,
    ] {
        changes.push(Change::Raised(Watermark {
            realm,
            owner,
            not_before: at(-9),
        }));
    }
    let mut follower = Follower::begin(&store).await;
    committed!(store, |unit| for change in &changes {
        unit.changes().announce(*change, NOW).await.unwrap();
    });
    follower.catch_up(&store).await;
    follower.heard.dedup();
    assert_eq!(follower.heard, changes);
}

/// What many writers announce at once is heard in full by who follows, and not for ever; what
/// was dropped is not heard.
pub async fn a_follower_misses_nothing_and_comes_to_rest(store: Arc<dyn Store>) {
    let realm: Id<Realm> = samples::id();
    let clients: Arc<Vec<Id<Client>>> = Arc::new((0..40).map(|_| samples::id()).collect());
    let mut follower = Follower::begin(&store).await;
    let mut unit = store.write().await.unwrap();
    unit.changes()
        .announce(Change::Realm(realm), NOW)
        .await
        .unwrap();
    drop(unit);
    let writers = {
        let (store, clients) = (Arc::clone(&store), Arc::clone(&clients));
        tokio::spawn(async move {
            race(&store, clients.len(), move |unit, number| {
                let change = Change::Client(realm, clients[number]);
                Box::pin(async move { unit.changes().announce(change, NOW).await })
            })
            .await
        })
    };
    while !writers.is_finished() {
        follower.look(&store).await;
        tokio::task::yield_now().await;
    }
    writers.await.unwrap();
    follower.catch_up(&store).await;
    let heard: BTreeSet<Id<Client>> = follower
        .heard
        .iter()
        .map(|change| match change {
            Change::Client(_, client) => *client,
            other => panic!("{other:?} was never committed"),
        })
        .collect();
    assert_eq!(heard, clients.iter().copied().collect());
}

/// A reader that begins now is told nothing old, and what comes next.
pub async fn a_new_follower_begins_now(store: Arc<dyn Store>) {
    let (old, new): (Id<Realm>, Id<Realm>) = (samples::id(), samples::id());
    committed!(store, |unit| unit
        .changes()
        .announce(Change::Realm(old), NOW)
        .await
        .unwrap());
    // The change before may be shown until it is settled, and is not after.
    let mut settling = Follower {
        position: 0,
        heard: Vec::new(),
    };
    settling.catch_up(&store).await;
    assert_eq!(settling.heard.first(), Some(&Change::Realm(old)));
    let mut follower = Follower::begin(&store).await;
    committed!(store, |unit| unit
        .changes()
        .announce(Change::Realm(new), NOW)
        .await
        .unwrap());
    follower.catch_up(&store).await;
    follower.heard.dedup();
    assert_eq!(follower.heard, [Change::Realm(new)]);
}

/// Sweeping removes what is older than then, at most so many, and no number is given again.
pub async fn swept_changes_are_gone_and_numbers_go_on(store: Arc<dyn Store>) {
    let realm: Id<Realm> = samples::id();
    committed!(store, |unit| for age in [1, 2, 3, 4, 5] {
        unit.changes()
            .announce(Change::Realm(realm), at(-age))
            .await
            .unwrap();
    });
    let mut follower = Follower {
        position: 0,
        heard: Vec::new(),
    };
    follower.catch_up(&store).await;
    for (before, limit, expected) in [(at(-5), 9, 0), (at(-3), 1, 1), (at(0), 9, 4)] {
        let swept = committed!(store, |unit| unit
            .changes()
            .sweep(before, limit)
            .await
            .unwrap());
        assert_eq!(swept, expected);
    }
    let rows = seen!(store, |view| view.changes().since(0, 10).await.unwrap());
    assert_eq!(rows, []);
    follower.heard.clear();
    committed!(store, |unit| unit
        .changes()
        .announce(Change::Keys(realm), NOW)
        .await
        .unwrap());
    follower.catch_up(&store).await;
    follower.heard.dedup();
    assert_eq!(follower.heard, [Change::Keys(realm)]);
}

/// Who waits on the feed is woken, hint or not.
pub async fn a_waiting_follower_is_woken(store: Arc<dyn Store>) {
    let waited = timeout(Duration::from_mins(1), store.change_feed().wait()).await;
    assert_is!(waited, Ok(()));
}
