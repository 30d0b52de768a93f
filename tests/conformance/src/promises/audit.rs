//! The audit trail and its seals.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::audit::{AuditAction, AuditActor, Outcome, merkle_root};
use gatelodge_domain::{AuditEvent, Digest, Seal, Subject};
use gatelodge_ports::Store;
use gatelodge_ports::store::{AuditFilter, PositionedEvent};
use tokio::time::{Instant, sleep};

use crate::fixture::{House, committed, seen};
use crate::race::{MANY, race};
use crate::run::seal_key;
use crate::samples::{self, at};

/// How long an engine may take to seal: the port says within a second.
const SEALING: Duration = Duration::from_mins(1);

async fn append(store: &Arc<dyn Store>, events: &[AuditEvent]) {
    committed!(store, |unit| unit.audit().append(events).await.unwrap());
}

/// The whole trail, in small pages.
async fn trail(store: &Arc<dyn Store>) -> Vec<PositionedEvent> {
    let mut trail: Vec<PositionedEvent> = Vec::new();
    loop {
        let from = trail.last().map_or(0, |event| event.position + 1);
        let page = seen!(store, |view| view.audit().since(from, 7).await.unwrap());
        assert!(page.len() <= 7, "more than was asked for");
        if page.is_empty() {
            return trail;
        }
        trail.extend(page);
    }
}

/// All seals, in small pages.
async fn chain(store: &Arc<dyn Store>) -> Vec<Seal> {
    let mut chain: Vec<Seal> = Vec::new();
    loop {
        let from = chain.last().map_or(0, |seal| seal.number + 1);
        let page = seen!(store, |view| view.audit().seals(from, 3).await.unwrap());
        if page.is_empty() {
            return chain;
        }
        chain.extend(page);
    }
}

/// Waits until so many events are sealed, then holds every seal against the trail.
async fn verify(store: &Arc<dyn Store>, events: usize) -> Vec<Seal> {
    let patience = Instant::now() + SEALING;
    let chain = loop {
        let chain = chain(store).await;
        let sealed: usize = chain.iter().map(|seal| seal.count as usize).sum();
        if sealed >= events {
            break chain;
        }
        assert!(
            Instant::now() < patience,
            "{sealed} of {events} events were sealed in time"
        );
        sleep(Duration::from_millis(20)).await;
    };
    let (trail, key) = (trail(store).await, seal_key());
    assert_eq!(trail.len(), events);
    assert!(trail.is_sorted_by(|one, other| one.position < other.position));
    let (mut previous, mut sealed_to) = (Digest::new([0; 32]), None);
    for (number, seal) in (1..).zip(&chain) {
        assert_eq!(seal.number, number, "numbers have no gap");
        assert_eq!(seal.previous, previous, "each seal names the one before");
        assert_eq!(key(&seal.body()), seal.mac, "the MAC is good");
        assert!(
            sealed_to < Some(seal.first) && seal.first <= seal.last,
            "runs do not overlap"
        );
        let covered: Vec<&PositionedEvent> = trail
            .iter()
            .filter(|event| (seal.first..=seal.last).contains(&event.position))
            .collect();
        let digests: Vec<Digest> = covered.iter().map(|event| event.event.digest()).collect();
        assert_eq!(covered.len(), seal.count as usize, "the count is good");
        assert_eq!(merkle_root(&digests), seal.root, "the root is good");
        assert!(
            covered
                .iter()
                .zip(digests)
                .all(|(event, digest)| event.digest == digest)
        );
        (previous, sealed_to) = (seal.mac, Some(seal.last));
    }
    chain
}

/// A plain event, a full one, and one of every action, actor and target come back as they
/// went in, so that their digests hold.
pub async fn events_come_back_whole(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let mut events = vec![
        samples::event(house.realm()),
        samples::full_event(house.realm()),
    ];
    for action in AuditAction::ALL {
        events.push(AuditEvent {
            action: *action,
            ..samples::event(house.realm())
        });
    }
    for actor in [
        AuditActor::Operator,
        AuditActor::System,
        AuditActor::Subject(Subject::Client(house.client.id)),
        AuditActor::Subject(Subject::Workload(samples::id())),
        AuditActor::Subject(Subject::Agent(samples::id())),
    ] {
        events.push(AuditEvent {
            actor,
            ..samples::event(house.realm())
        });
    }
    append(&store, &events).await;
    let trail = trail(&store).await;
    let digests: Vec<Digest> = trail.iter().map(|event| event.digest).collect();
    assert_eq!(
        digests,
        events
            .iter()
            .map(AuditEvent::digest)
            .collect::<Vec<Digest>>()
    );
    let stored: Vec<AuditEvent> = trail.into_iter().map(|event| event.event).collect();
    assert_eq!(stored, events, "in the order in which they were appended");
}

/// What a dropped unit appended is neither in the trail nor under a seal.
pub async fn a_dropped_unit_appends_nothing(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    append(&store, &[samples::event(house.realm())]).await;
    let mut unit = store.write().await.unwrap();
    unit.audit()
        .append(&[samples::full_event(house.realm())])
        .await
        .unwrap();
    drop(unit);
    append(&store, &[samples::event(house.realm())]).await;
    verify(&store, 2).await;
}

/// The chain of seals grows with the trail, covers it without overlap, and verifies.
pub async fn the_chain_of_seals_grows_and_verifies(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let last = seen!(store, |view| view.audit().last_seal().await.unwrap());
    assert_eq!(last, None);
    append(&store, &[samples::event(house.realm())]).await;
    let before = verify(&store, 1).await;
    let events: Vec<AuditEvent> = (0..5).map(|_| samples::full_event(house.realm())).collect();
    append(&store, &events).await;
    let after = verify(&store, 6).await;
    assert!(before.len() < after.len());
    assert_eq!(before, after[..before.len()], "no seal is rewritten");
    let last = seen!(store, |view| view.audit().last_seal().await.unwrap());
    assert_eq!(last.as_ref(), after.last());
}

/// What many units append at once is all there, all sealed, and the chain verifies.
pub async fn many_writers_make_one_chain(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    race(&store, MANY, move |unit, _| {
        let events = [samples::event(realm), samples::full_event(realm)];
        Box::pin(async move {
            unit.audit().append(&events).await?;
            tokio::task::yield_now().await;
            Ok(())
        })
    })
    .await;
    verify(&store, 2 * MANY).await;
}

/// Lists come newest first, in pages that neither repeat nor skip; conditions hold together.
pub async fn the_trail_is_listed_newest_first_and_filtered(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let plain: Vec<AuditEvent> = (0..60)
        .map(|age| AuditEvent {
            at: at(age),
            ..samples::event(house.realm())
        })
        .collect();
    let full = AuditEvent {
        at: at(100),
        ..samples::full_event(house.realm())
    };
    let foreign = AuditEvent {
        at: at(100),
        ..samples::event(other.realm())
    };
    append(&store, &plain).await;
    append(&store, &[foreign.clone(), full.clone()]).await;

    let none = AuditFilter::default();
    let here = AuditFilter {
        realm: Some(house.realm()),
        ..none.clone()
    };
    let newest_first =
        |events: &[AuditEvent]| -> Vec<AuditEvent> { events.iter().rev().cloned().collect() };
    let only_full = vec![full.clone()];
    let cases = [
        (
            none.clone(),
            [vec![full.clone(), foreign.clone()], newest_first(&plain)].concat(),
        ),
        (
            here.clone(),
            [only_full.clone(), newest_first(&plain)].concat(),
        ),
        (
            AuditFilter {
                realm: Some(other.realm()),
                ..none.clone()
            },
            vec![foreign],
        ),
        (
            AuditFilter {
                from: Some(at(10)),
                to: Some(at(20)),
                ..here.clone()
            },
            newest_first(&plain[10..20]),
        ),
        (
            AuditFilter {
                actor: Some(full.actor),
                ..here.clone()
            },
            only_full.clone(),
        ),
        (
            AuditFilter {
                action: Some(full.action),
                ..here.clone()
            },
            only_full.clone(),
        ),
        (
            AuditFilter {
                target: Some(u128::MAX - 7),
                ..none
            },
            only_full.clone(),
        ),
        (
            AuditFilter {
                outcome: Some(Outcome::Success),
                ..here.clone()
            },
            only_full,
        ),
        (
            AuditFilter {
                action: Some(full.action),
                outcome: Some(Outcome::Denied),
                ..here
            },
            vec![],
        ),
    ];
    for (filter, expected) in cases {
        for limit in [1, 25, 100] {
            let (mut found, mut before) = (Vec::new(), None);
            loop {
                let page = seen!(store, |view| view
                    .audit()
                    .list(&filter, before, limit)
                    .await
                    .unwrap());
                assert!(
                    page.items.len() <= usize::from(limit),
                    "more than was asked for"
                );
                before = page.items.last().map(|event| event.position);
                found.extend(page.items.into_iter().map(|event| event.event));
                if !page.more {
                    break;
                }
            }
            assert_eq!(found, expected, "{filter:?} in pages of {limit}");
        }
    }
}

/// What is given up is gone with its seals, and with nothing else; what follows has the numbers
/// and positions that it would have had.
pub async fn the_beginning_is_given_up_and_the_chain_goes_on(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let mut sealed = 0;
    for _ in 0..3 {
        let events: Vec<AuditEvent> = (0..4).map(|_| samples::event(house.realm())).collect();
        append(&store, &events).await;
        sealed += events.len();
        verify(&store, sealed).await;
    }
    let (whole, seals) = (trail(&store).await, chain(&store).await);
    let through = seals.iter().rev().nth(1).unwrap();

    let mut unit = store.write().await.unwrap();
    unit.audit().remove_sealed(through).await.unwrap();
    drop(unit);
    assert_eq!(trail(&store).await, whole, "a dropped unit removed nothing");

    let gone: u64 = seals[..seals.len() - 1]
        .iter()
        .map(|seal| u64::from(seal.count))
        .sum();
    committed!(store, |unit| {
        let removed = unit.audit().remove_sealed(through).await.unwrap();
        assert_eq!(removed, gone);
    });
    let after: Vec<PositionedEvent> = whole
        .iter()
        .filter(|event| event.position > through.last)
        .cloned()
        .collect();
    assert_eq!(trail(&store).await, after);
    assert_eq!(chain(&store).await, seals[seals.len() - 1..]);

    append(&store, &[samples::event(house.realm())]).await;
    let newest = seals.last().unwrap();
    let patience = Instant::now() + SEALING;
    let next = loop {
        if let Some(next) = chain(&store).await.into_iter().nth(1) {
            break next;
        }
        assert!(Instant::now() < patience, "the chain goes on");
        sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(
        (next.number, next.previous),
        (newest.number + 1, newest.mac)
    );
    assert!(next.first > newest.last, "no position comes again");
}
