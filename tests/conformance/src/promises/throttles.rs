//! Counts of failed tries: none is lost, and the last failure says how long to wait.

use std::sync::Arc;

use gatelodge_domain::throttle::{Throttle, ThrottleKind};
use gatelodge_ports::Store;
use gatelodge_ports::store::{PageRequest, ThrottleFilter};

use crate::fixture::{House, committed, seen};
use crate::race::{MANY, race};
use crate::samples::{self, NOW, at};

async fn count(store: &Arc<dyn Store>, first: &Throttle) -> Throttle {
    committed!(store, |unit| unit.throttles().count(first).await.unwrap())
}

async fn find(store: &Arc<dyn Store>, throttle: &Throttle) -> Option<Throttle> {
    seen!(store, |view| view
        .throttles()
        .find(throttle.realm, &throttle.digest)
        .await
        .unwrap())
}

/// The first failure makes the row, and every further one counts in it, whatever id it would
/// have made; the same digest in another realm is another count.
pub async fn failures_are_counted_in_one_row(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let first = Throttle {
        kind: ThrottleKind::Address,
        label: vec![0xff, 0, 1],
        ..samples::throttle(house.realm())
    };
    assert_eq!(count(&store, &first).await, first);
    let second = Throttle {
        id: samples::id(),
        user: Some(house.user.id),
        last_failed_at: at(5),
        expires_at: at(60_005),
        label: vec![7],
        ..first.clone()
    };
    let expected = Throttle {
        user: Some(house.user.id),
        failures: 2,
        last_failed_at: at(5),
        expires_at: at(60_005),
        ..first.clone()
    };
    assert_eq!(count(&store, &second).await, expected);
    assert_eq!(find(&store, &first).await, Some(expected));
    let elsewhere = Throttle {
        id: samples::id(),
        realm: other.realm(),
        ..first
    };
    assert_eq!(count(&store, &elsewhere).await.failures, 1);
}

/// No failure is lost.
pub async fn many_failures_at_once_are_all_counted(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let first = samples::throttle(house.realm());
    let same = first.clone();
    let counted = race(&store, MANY, move |unit, _| {
        let mine = Throttle {
            id: samples::id(),
            ..same.clone()
        };
        Box::pin(async move { unit.throttles().count(&mine).await })
    });
    let mut numbers: Vec<usize> = counted
        .await
        .iter()
        .map(|counted| counted.failures as usize)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=MANY).collect::<Vec<_>>());
}

/// From its end on a count stands for nothing, and the next failure is the first.
pub async fn a_forgotten_count_begins_again(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let first = samples::throttle(house.realm());
    count(&store, &first).await;
    let held = Throttle {
        blocked_until: at(50_000),
        ..first.clone()
    };
    committed!(store, |unit| assert!(
        unit.throttles().hold(&held).await.unwrap()
    ));
    let later = Throttle {
        id: samples::id(),
        created_at: at(60_000),
        last_failed_at: at(60_000),
        blocked_until: at(60_000),
        expires_at: at(120_000),
        ..first.clone()
    };
    let expected = Throttle {
        id: first.id,
        ..later.clone()
    };
    assert_eq!(count(&store, &later).await, expected);
}

/// Whoever counted the last failure holds up; an earlier one does not any more.
pub async fn a_later_failure_says_how_long_to_wait(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let first = samples::throttle(house.realm());
    count(&store, &first).await;
    let second = count(&store, &first).await;
    let hold = async |failures, until| {
        let held = Throttle {
            failures,
            blocked_until: at(until),
            expires_at: at(90_000),
            ..first.clone()
        };
        committed!(store, |unit| unit.throttles().hold(&held).await.unwrap())
    };
    assert!(!hold(1, 1_000).await);
    assert!(hold(2, 2_000).await);
    let expected = Throttle {
        blocked_until: at(2_000),
        expires_at: at(90_000),
        ..second
    };
    assert_eq!(find(&store, &first).await, Some(expected));
}

/// Counts are listed by id and found by person and digest; one, or a person's, are lifted.
pub async fn throttles_are_listed_and_lifted(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    let theirs = Throttle {
        user: Some(user),
        ..samples::throttle(realm)
    };
    let nobodys = samples::throttle(realm);
    let forgotten = Throttle {
        expires_at: NOW,
        ..samples::throttle(realm)
    };
    let foreign = samples::throttle(other.realm());
    for one in [&theirs, &nobodys, &forgotten, &foreign] {
        count(&store, one).await;
    }
    let list = async |filter| {
        let page = PageRequest::first(10);
        let listed = seen!(store, |view| view
            .throttles()
            .list(realm, filter, page)
            .await
            .unwrap());
        listed.items
    };
    let everything = ThrottleFilter::default();
    assert_eq!(list(everything).await.len(), 3);
    let live = ThrottleFilter {
        live_at: Some(NOW),
        ..everything
    };
    assert_eq!(list(live).await, [theirs.clone(), nobodys.clone()]);
    let of_user = ThrottleFilter {
        user: Some(user),
        ..live
    };
    assert_eq!(list(of_user).await, core::slice::from_ref(&theirs));
    let of_digest = ThrottleFilter {
        digest: Some(nobodys.digest),
        ..live
    };
    assert_eq!(list(of_digest).await, core::slice::from_ref(&nobodys));
    let first = seen!(store, |view| view
        .throttles()
        .list(realm, live, PageRequest::first(1))
        .await
        .unwrap());
    assert!(first.more);

    committed!(store, |unit| {
        assert!(!unit.throttles().remove(realm, foreign.id).await.unwrap());
        assert!(unit.throttles().remove(realm, nobodys.id).await.unwrap());
        assert_eq!(unit.throttles().remove_of(realm, user).await.unwrap(), 1);
        let digest = &forgotten.digest;
        unit.throttles().clear(realm, digest).await.unwrap();
    });
    assert_eq!(list(everything).await, []);
    assert_eq!(find(&store, &foreign).await, Some(foreign));
}

/// What was forgotten is removed, at most so much at once.
pub async fn throttles_are_swept_within_the_limit(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let ends = [at(10), at(20), at(30)];
    for expires_at in ends {
        let one = Throttle {
            expires_at,
            ..samples::throttle(house.realm())
        };
        count(&store, &one).await;
    }
    for (before, limit, expected) in [(at(10), 5, 0), (at(31), 2, 2), (at(31), 5, 1)] {
        let swept = committed!(store, |unit| unit
            .throttles()
            .sweep(before, limit)
            .await
            .unwrap());
        assert_eq!(swept, expected);
    }
}
