//! What becomes of the trail: given out, watched, copied to sinks, and given up when it is old.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Seal};
use gatelodge_ports::store::AuditFilter;
use gatelodge_ports::{AuditSink, Clock as _, SinkError, SinkItem, SinkRecord};
use gatelodge_usecases::admin::{AdminError, AuditRead, Caller, Permit};
use gatelodge_usecases::audit::{
    Fault, Fed, FeedError, FeedSink, KnownSeal, Personal, RemoveOldEvents, SinkForm, Tail,
    TailStart, Verification,
};

use super::plane::Plane;
use crate::house::facts;

const DAY: u64 = 86_400;

async fn permit(plane: &Plane, realm: &str) -> Permit<AuditRead> {
    plane.permit(&Caller::Operator, realm).await.unwrap()
}

/// The positions of a realm's trail, newest first, listed in one page.
async fn listed(plane: &Plane, permit: &Permit<AuditRead>) -> Vec<u64> {
    let audit = &plane.api.audit;
    let page = audit.of_realm(permit, AuditFilter::default(), Some(u64::MAX >> 1), 1_000);
    let page = page.await.unwrap();
    let positions = page.items.iter().map(|event| event.stored.position);
    positions.collect()
}

async fn people(plane: &Plane, realm: &str, names: core::ops::Range<u32>) {
    for name in names {
        plane.user(realm, &format!("person{name}")).await;
    }
}

#[tokio::test]
async fn an_export_gives_out_every_event_of_the_list_and_is_recorded_once() {
    let plane = Plane::new().await;
    people(&plane, "default", 0..450).await;
    people(&plane, "acme", 0..3).await;
    let permit = permit(&plane, "default").await;
    let audit = &plane.api.audit;
    let export = audit.export_realm(&permit, AuditFilter::default()).await;
    let mut export = export.unwrap();
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let page = audit.export(&mut export).await.unwrap();
        if page.is_empty() {
            break;
        }
        pages += 1;
        found.extend(page.iter().map(|event| event.stored.position));
    }
    assert!(pages > 2, "{pages}");
    assert_eq!(found, listed(&plane, &permit).await);
    let reads = AuditFilter {
        action: Some(AuditAction::AuditRead),
        ..AuditFilter::default()
    };
    let reads = audit
        .of_realm(&permit, reads, Some(u64::MAX >> 1), 10)
        .await;
    assert_eq!(reads.unwrap().items.len(), 1);
}

async fn next(plane: &Plane, tail: &mut Tail) -> Vec<(u64, AuditAction)> {
    plane.house.clock.advance(Duration::from_secs(1));
    let page = plane.api.tail.next(tail).await.unwrap();
    let events = page.items.iter().map(|event| &event.stored);
    events
        .map(|stored| (stored.position, stored.event.action))
        .collect()
}

#[tokio::test]
async fn a_tail_shows_what_happens_from_now_on_and_goes_on_where_another_one_ended() {
    let plane = Plane::new().await;
    people(&plane, "default", 0..3).await;
    let permit = permit(&plane, "default").await;
    let tails = &plane.api.tail;
    let all = AuditFilter::default;
    let mut tail = tails
        .of_realm(&permit, all(), TailStart::Now)
        .await
        .unwrap();
    assert_eq!(next(&plane, &mut tail).await, []);
    people(&plane, "default", 3..5).await;
    people(&plane, "acme", 0..2).await;
    let seen = next(&plane, &mut tail).await;
    let actions: Vec<AuditAction> = seen.iter().map(|(_, action)| *action).collect();
    assert_eq!(actions, [AuditAction::UserCreated; 2]);
    assert!(tail.position() > seen[1].0, "what was looked past counts");
    assert_eq!(next(&plane, &mut tail).await, []);

    // Another one that was away since the first of the two, and before anybody watched.
    let start = TailStart::After(seen[0].0);
    let mut late = tails.of_realm(&permit, all(), start).await.unwrap();
    let events = next(&plane, &mut late).await;
    assert_eq!(events[0], seen[1]);
    let mut first = tails
        .of_realm(&permit, all(), TailStart::After(0))
        .await
        .unwrap();
    let events = next(&plane, &mut first).await;
    let mut positions = listed(&plane, &permit).await;
    positions.reverse();
    let shown: Vec<u64> = events.iter().map(|(position, _)| *position).collect();
    assert_eq!(shown, positions);
    // Of a trail that was put back from a copy.
    let start = TailStart::After(1 << 40);
    let mut ahead = tails.of_realm(&permit, all(), start).await.unwrap();
    people(&plane, "default", 5..6).await;
    assert_eq!(next(&plane, &mut ahead).await.len(), 1);
}

#[tokio::test]
async fn a_tail_far_behind_the_newest_events_misses_none() {
    let plane = Plane::new().await;
    let permit = permit(&plane, "default").await;
    let tails = &plane.api.tail;
    let all = AuditFilter::default;
    let mut quick = tails
        .of_realm(&permit, all(), TailStart::Now)
        .await
        .unwrap();
    let mut slow = tails
        .of_realm(&permit, all(), TailStart::Now)
        .await
        .unwrap();
    let foundation = &plane.house.foundation;
    let realm = permit.realm_id();
    let now = foundation.clock.now();
    let mut entry = gatelodge_usecases::audit::Entry::done(
        realm,
        AuditActor::System,
        AuditAction::KeyActivated,
    );
    entry.realm = realm;
    for _ in 0..12 {
        let mut events = Vec::new();
        for _ in 0..500 {
            let request = facts();
            let event = foundation.recorder.event(entry.clone(), &request, now);
            events.push(event.await.unwrap());
        }
        let mut unit = foundation.store.write().await.unwrap();
        unit.audit().append(&events).await.unwrap();
        unit.commit().await.unwrap();
    }
    let mut seen = (Vec::new(), Vec::new());
    // The first reads everything, and only the newest part of it is kept.
    for (tail, seen) in [(&mut quick, &mut seen.0), (&mut slow, &mut seen.1)] {
        loop {
            let events = next(&plane, tail).await;
            if events.is_empty() {
                break;
            }
            seen.extend(events);
        }
    }
    assert_eq!(seen.0.len(), 6_001, "with the other one's beginning");
    assert_eq!(seen.0[1..], seen.1);
}

#[tokio::test]
async fn only_so_many_watch_at_a_time() {
    let plane = Plane::new().await;
    let permit = permit(&plane, "default").await;
    let watch = || {
        let tails = &plane.api.tail;
        tails.of_realm(&permit, AuditFilter::default(), TailStart::Now)
    };
    let mut open = Vec::new();
    let refused = loop {
        match watch().await {
            Ok(tail) => open.push(tail),
            Err(AdminError::Refused(refused)) => break refused,
            Err(AdminError::Failed(failure)) => panic!("{failure:?}"),
        }
    };
    assert_eq!(refused.code.as_str(), "temporarily_unavailable");
    assert_eq!(open.len(), 64);
    open.pop();
    assert!(watch().await.is_ok(), "a place is free");
}

/// A sink that takes what it is given, or not.
#[derive(Default)]
struct Cupboard {
    taken: Mutex<Vec<SinkRecord>>,
    shut: Mutex<bool>,
}

#[async_trait]
impl AuditSink for Cupboard {
    fn name(&self) -> &'static str {
        "cupboard"
    }

    async fn deliver(&self, records: &[SinkRecord]) -> Result<(), SinkError> {
        if *self.shut.lock().unwrap() {
            return Err(SinkError("shut".to_owned()));
        }
        self.taken.lock().unwrap().extend_from_slice(records);
        Ok(())
    }
}

impl Cupboard {
    fn positions(&self) -> Vec<u64> {
        let taken = self.taken.lock().unwrap();
        let events = taken.iter().filter_map(|record| match &record.what {
            SinkItem::Event { position, .. } => Some(*position),
            SinkItem::Seal(_) => None,
        });
        events.collect()
    }

    fn seals(&self) -> Vec<Seal> {
        let taken = self.taken.lock().unwrap();
        let seals = taken.iter().filter_map(|record| match &record.what {
            SinkItem::Seal(seal) => Some(seal.clone()),
            SinkItem::Event { .. } => None,
        });
        seals.collect()
    }
}

const FORM: SinkForm = SinkForm {
    event: |opened| format!("{:?}", opened.personal),
    seal: |seal, _| seal.number.to_string(),
    time: |at| at.as_millis().to_string(),
};

fn feed(plane: &Plane, sink: &Arc<Cupboard>, personal: Personal) -> FeedSink {
    FeedSink::new(plane.house.foundation.clone(), sink.clone(), personal, FORM)
}

async fn fill(plane: &Plane, feed: &FeedSink) {
    plane.house.clock.advance(Duration::from_secs(1));
    while feed.round().await.unwrap() == Fed::More {}
}

/// Every position of the trail, oldest first.
async fn positions(plane: &Plane) -> Vec<u64> {
    let mut view = plane.house.foundation.store.read().await.unwrap();
    let mut all: Vec<u64> = Vec::new();
    loop {
        let from = all.last().map_or(0, |last| last + 1);
        let page = view.audit().since(from, 500).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page.iter().map(|event| event.position));
    }
}

#[tokio::test]
async fn a_sink_gets_every_event_once_and_in_order_and_the_newest_seal() {
    let plane = Plane::new().await;
    people(&plane, "default", 0..450).await;
    let sink = Arc::new(Cupboard::default());
    fill(&plane, &feed(&plane, &sink, Personal::Withheld)).await;
    assert_eq!(sink.positions(), positions(&plane).await);
    let newest = plane.api.verify.run(None).await.unwrap().newest;
    assert_eq!(
        sink.seals().pop(),
        newest,
        "and whoever has it can tell a cut"
    );

    // While it is shut nothing is lost, and another process goes on where the first one was.
    *sink.shut.lock().unwrap() = true;
    people(&plane, "acme", 0..5).await;
    let shut = feed(&plane, &sink, Personal::Withheld).round().await;
    assert!(matches!(shut, Err(FeedError::Sink(_))), "{shut:?}");
    people(&plane, "acme", 5..9).await;
    *sink.shut.lock().unwrap() = false;
    let another = feed(&plane, &sink, Personal::Withheld);
    fill(&plane, &another).await;
    assert_eq!(sink.positions(), positions(&plane).await);

    // Nothing new is nothing to say, and feeding leaves no events itself.
    let (events, seals) = (sink.positions().len(), sink.seals().len());
    fill(&plane, &another).await;
    assert_eq!(another.round().await.unwrap(), Fed::Nothing);
    assert_eq!(
        (sink.positions().len(), sink.seals().len()),
        (events, seals)
    );
}

#[tokio::test]
async fn what_identifies_a_person_leaves_the_house_only_when_it_is_wanted() {
    for (personal, told) in [(Personal::Withheld, false), (Personal::Opened, true)] {
        let plane = Plane::new().await;
        plane.user("default", "ada").await;
        let sink = Arc::new(Cupboard::default());
        fill(&plane, &feed(&plane, &sink, personal)).await;
        let taken = sink.taken.lock().unwrap();
        let addressed = taken.iter().any(|record| record.json.contains("192.0.2.7"));
        assert_eq!(addressed, told);
    }
}

async fn whole(plane: &Plane) -> Verification {
    let found = plane.api.verify.run(None).await.unwrap();
    assert_eq!(found.fault, None);
    found
}

/// Removes what is older than that many days, as the job does.
async fn retain(plane: &Plane, days: u64) -> u64 {
    let foundation = &plane.house.foundation;
    let old = RemoveOldEvents::new(foundation.clone(), AuditActor::System);
    let before = foundation.clock.now();
    let before = before.minus(Duration::from_secs(days * DAY));
    let mut removed = 0;
    loop {
        let round = old.run(before).await.unwrap();
        removed += round.events;
        if !round.more {
            return removed;
        }
    }
}

async fn put_floor(plane: &Plane, floor: &[u8]) {
    let mut unit = plane.house.foundation.store.write().await.unwrap();
    unit.system().put("audit_floor", floor).await.unwrap();
    unit.commit().await.unwrap();
}

async fn floor(plane: &Plane) -> Option<Vec<u8>> {
    let mut view = plane.house.foundation.store.read().await.unwrap();
    view.system().find("audit_floor").await.unwrap()
}

#[tokio::test]
async fn what_is_old_enough_goes_and_the_rest_verifies() {
    let plane = Plane::new().await;
    people(&plane, "default", 0..700).await;
    let before = whole(&plane).await;
    assert_eq!(retain(&plane, 30).await, 0, "nothing is old");
    assert_eq!(whole(&plane).await, before, "and nothing is said");

    plane.house.advance(31 * DAY);
    people(&plane, "default", 700..705).await;
    let all = whole(&plane).await;
    let removed = retain(&plane, 30).await;
    let after = whole(&plane).await;
    assert_eq!(removed, all.events - 5, "what is young stays");
    assert_eq!((after.removed, after.events), (removed, 5 + 1));
    assert_eq!(after.first, Some(removed + 1));

    // That it was done is in the trail.
    let permit = permit(&plane, "system").await;
    let said = AuditFilter {
        action: Some(AuditAction::AuditRemoved),
        ..AuditFilter::default()
    };
    let audit = &plane.api.audit;
    let said = audit.of_realm(&permit, said, Some(u64::MAX >> 1), 10).await;
    let said = said.unwrap().items.remove(0).stored.event;
    assert_eq!(said.actor, AuditActor::System);
    let facts: serde_json::Value = serde_json::from_str(&said.facts.unwrap()).unwrap();
    assert_eq!(facts["events"], removed);
    assert_eq!(
        (facts["first"].as_u64(), facts["last"].as_u64()),
        (Some(1), Some(removed))
    );

    // And again, with the newest seal staying whatever its age.
    plane.house.advance(40 * DAY);
    let again = retain(&plane, 30).await;
    let after = whole(&plane).await;
    assert_eq!(after.removed, removed + again);
    assert!(after.newest.is_some() && after.events > 0);
}

#[tokio::test]
async fn what_somebody_else_removed_is_found_out_beside_retention() {
    let plane = Plane::new().await;
    people(&plane, "default", 0..20).await;
    plane.house.advance(31 * DAY);
    people(&plane, "default", 20..30).await;
    retain(&plane, 30).await;
    let good = whole(&plane).await;
    let genuine = floor(&plane).await.unwrap();

    // The floor goes down by a seal, as whoever has the tables but not the key can make it.
    let mut forged = genuine.clone();
    forged[8] += 1;
    put_floor(&plane, &forged).await;
    let verify = async || plane.api.verify.run(None).await.unwrap().fault;
    assert_eq!(verify().await, Some(Fault::FloorForged));
    let old = RemoveOldEvents::new(plane.house.foundation.clone(), AuditActor::System);
    let now = plane.house.clock.now();
    assert!(
        old.run(now).await.is_err(),
        "nothing more is removed on its word"
    );
    put_floor(&plane, &genuine).await;
    assert_eq!(whole(&plane).await, good);

    // A seal that contradicts the one in the floor.
    let known = |number, mac| Some(KnownSeal { number, mac });
    let newest = good.newest.unwrap();
    let first = {
        let mut view = plane.house.foundation.store.read().await.unwrap();
        view.audit().seals(0, 1).await.unwrap().remove(0)
    };
    let below = known(first.number - 1, first.previous);
    assert_eq!(plane.api.verify.run(below).await.unwrap().fault, None);
    let other = known(first.number - 1, newest.mac);
    assert!(plane.api.verify.run(other).await.unwrap().fault.is_some());

    // The next range goes too, seals and all, and no floor says so.
    let mut unit = plane.house.foundation.store.write().await.unwrap();
    unit.audit().remove_sealed(&first).await.unwrap();
    unit.commit().await.unwrap();
    let missing = Some(Fault::SealMissing {
        number: first.number,
    });
    assert_eq!(verify().await, missing);
    // Nor does an older floor, or none.
    put_floor(&plane, b"").await;
    assert_eq!(verify().await, Some(Fault::FloorForged));
}

#[tokio::test]
async fn an_older_floor_leaves_a_gap() {
    let plane = Plane::new().await;
    people(&plane, "default", 0..20).await;
    plane.house.advance(31 * DAY);
    people(&plane, "default", 20..30).await;
    retain(&plane, 30).await;
    let older = floor(&plane).await.unwrap();
    let last = whole(&plane).await;
    plane.house.advance(31 * DAY);
    people(&plane, "default", 30..40).await;
    retain(&plane, 30).await;
    let newer = floor(&plane).await.unwrap();
    put_floor(&plane, &older).await;
    let fault = plane.api.verify.run(None).await.unwrap().fault;
    assert!(
        matches!(fault, Some(Fault::SealMissing { .. })),
        "{fault:?}"
    );
    put_floor(&plane, &newer).await;
    assert!(whole(&plane).await.removed > last.removed);
}
