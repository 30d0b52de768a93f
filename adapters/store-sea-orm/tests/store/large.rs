//! Lists that are read along another road once there is much to read: past ten thousand rows
//! a page is no longer gathered and sorted but met on the way.

use gatelodge_conformance::{Opened, samples, seal_key};
use gatelodge_domain::{AuditEvent, Id, Outcome, Timestamp, User, Username};
use gatelodge_ports::Store;
use gatelodge_ports::store::{AuditFilter, PageRequest, UserFilter};

use crate::plain::open;

const MANY: i64 = 10_500;

fn minute(number: i64) -> Timestamp {
    Timestamp::from_millis(samples::NOW.as_millis() + number * 60_000)
}

/// Every page of a list of events, as the minutes at which they happened.
async fn minutes(store: &dyn Store, filter: &AuditFilter) -> Vec<i64> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let mut view = store.read().await.unwrap();
        let page = view.audit().list(filter, before, 1_000).await.unwrap();
        before = page.items.last().map(|event| event.position);
        let times = page.items.iter().map(|event| event.event.at.as_millis());
        found.extend(times.map(|at| (at - samples::NOW.as_millis()) / 60_000));
        if !page.more {
            return found;
        }
    }
}

#[tokio::test]
async fn a_wide_window_of_the_trail_is_listed_whole() {
    let Opened { store, guard } = open().await;
    store.use_seal_key(seal_key());
    let realm = samples::realm();
    let event = |number: i64| AuditEvent {
        at: minute(number),
        outcome: if number % 100 == 0 {
            Outcome::Denied
        } else {
            Outcome::Success
        },
        ..samples::event(realm.id)
    };
    let mut events: Vec<AuditEvent> = (0..MANY).map(event).collect();
    // Clocks differ a little: time and position do not go quite together.
    events.swap(5, 25);
    // No unit is so long that its deadline could come first.
    for events in events.chunks(500) {
        let mut unit = store.write().await.unwrap();
        unit.audit().append(events).await.unwrap();
        unit.commit().await.unwrap();
    }

    let in_realm = AuditFilter {
        realm: Some(realm.id),
        ..AuditFilter::default()
    };
    let wide = AuditFilter {
        from: Some(minute(10)),
        to: Some(minute(10_200)),
        ..in_realm.clone()
    };
    let mut found = minutes(&*store, &wide).await;
    found.sort_unstable();
    assert_eq!(found, (10..10_200).collect::<Vec<i64>>());

    let narrow = AuditFilter {
        from: Some(minute(20)),
        to: Some(minute(40)),
        ..in_realm.clone()
    };
    let mut found = minutes(&*store, &narrow).await;
    found.sort_unstable();
    assert_eq!(found, (20..40).collect::<Vec<i64>>());

    let since = AuditFilter {
        from: Some(minute(10_499)),
        ..in_realm.clone()
    };
    assert_eq!(minutes(&*store, &since).await, [10_499]);
    let denied = AuditFilter {
        outcome: Some(Outcome::Denied),
        ..wide
    };
    assert_eq!(
        minutes(&*store, &denied).await,
        (1..=101)
            .rev()
            .map(|hundred| hundred * 100)
            .collect::<Vec<i64>>()
    );
    store.close().await.unwrap();
    drop(guard);
}

#[tokio::test]
async fn a_common_prefix_of_names_is_paged_by_id_as_a_rare_one_is() {
    let Opened { store, guard } = open().await;
    let realm = samples::realm();
    let named = |name: String| User {
        username: Username::parse(&name).unwrap(),
        email: None,
        ..samples::user(realm.id)
    };
    let mut unit = store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    unit.commit().await.unwrap();
    let (mut common, mut rare): (Vec<Id<User>>, Vec<Id<User>>) = (Vec::new(), Vec::new());
    for numbers in (0..MANY).collect::<Vec<i64>>().chunks(500) {
        let mut unit = store.write().await.unwrap();
        for number in numbers {
            let is_rare = number % 1_000 == 0;
            let user = named(format!(
                "{}{number}",
                if is_rare { "rare" } else { "common" }
            ));
            unit.users().insert(&user).await.unwrap();
            if is_rare { &mut rare } else { &mut common }.push(user.id);
        }
        unit.commit().await.unwrap();
    }
    let mut unit = store.write().await.unwrap();
    unit.users()
        .insert(&named("commoner".to_owned()))
        .await
        .unwrap();
    unit.users()
        .insert(&named("commo".to_owned()))
        .await
        .unwrap();
    unit.commit().await.unwrap();
    for (prefix, ids) in [("common", &common), ("rare", &rare)] {
        let filter = UserFilter {
            username_prefix: Some(prefix.to_owned()),
            ..UserFilter::default()
        };
        let mut view = store.read().await.unwrap();
        let first = view
            .users()
            .list(realm.id, &filter, PageRequest::first(4))
            .await
            .unwrap();
        let second = PageRequest::after(first.items[3].id, 4);
        let second = view.users().list(realm.id, &filter, second).await.unwrap();
        let found: Vec<Id<User>> = first
            .items
            .iter()
            .chain(&second.items)
            .map(|user| user.id)
            .collect();
        assert_eq!(found, ids[..8], "{prefix}");
        assert!(first.more && second.more, "{prefix}");
    }
    store.close().await.unwrap();
    drop(guard);
}
