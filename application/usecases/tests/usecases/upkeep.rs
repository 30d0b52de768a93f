//! What is done now and then without anybody asking.

use core::time::Duration;

use gatelodge_domain::audit::{AuditAction, AuditActor};
use gatelodge_ports::Clock as _;
use gatelodge_ports::store::{AuditFilter, Lease, Swept};
use gatelodge_usecases::audit::{RefusalKey, Repeat};
use gatelodge_usecases::upkeep::{AnnounceNode, Expired, FlushRefusals, JobLease, SweepExpired};

use crate::house::{House, NOW};

#[tokio::test]
async fn repeated_refusals_become_one_event_with_their_count() {
    let house = House::new().await;
    let key = || RefusalKey {
        realm: house.realm.realm.id,
        actor: AuditActor::Anonymous,
        action: AuditAction::SignIn,
        what: "ada".to_owned(),
        reason: "wrong_password",
    };
    let refusals = &house.foundation.recorder.refusals;
    assert_eq!(refusals.admit(key(), NOW), Repeat::First);
    for _ in 0..3 {
        assert_eq!(refusals.admit(key(), NOW), Repeat::Counted);
    }
    let flush = FlushRefusals::new(house.foundation.clone());
    let counted = || async {
        let mut view = house.foundation.store.read().await.unwrap();
        let filter = AuditFilter {
            action: Some(AuditAction::RefusalsRepeated),
            ..AuditFilter::default()
        };
        view.audit().list(&filter, None, 10).await.unwrap().items
    };
    flush.run().await.unwrap();
    assert!(counted().await.is_empty(), "the minute is not over");
    house.clock.advance(Duration::from_mins(1));
    flush.run().await.unwrap();
    flush.run().await.unwrap();
    let events = counted().await;
    assert_eq!(events.len(), 1);
    let facts = events[0].event.facts.clone().unwrap();
    assert!(facts.contains("\"count\":3"), "{facts}");
}

#[tokio::test]
async fn one_process_at_a_time_holds_a_job() {
    let house = House::new().await;
    let (one, other) = (
        JobLease::new(house.foundation.clone()),
        JobLease::new(house.foundation.clone()),
    );
    let period = Duration::from_secs(90);
    assert_eq!(one.take("sweep", period).await.unwrap(), Lease::Held);
    assert_eq!(other.take("sweep", period).await.unwrap(), Lease::Taken);
    assert_eq!(one.take("sweep", period).await.unwrap(), Lease::Held);
    one.release("sweep").await.unwrap();
    assert_eq!(other.take("sweep", period).await.unwrap(), Lease::Held);
    house.clock.advance(period);
    assert_eq!(one.take("sweep", period).await.unwrap(), Lease::Held);
}

#[tokio::test]
async fn nodes_know_of_each_other_until_they_leave_or_die() {
    let house = House::new().await;
    let node = || AnnounceNode::new(house.foundation.clone());
    let (first, second, third) = (node(), node(), node());
    assert_eq!(house.foundation.nodes.live(), 1);
    assert_eq!(first.run().await.unwrap().nodes, 1);
    assert_eq!(second.run().await.unwrap().nodes, 2);
    assert_eq!(third.run().await.unwrap().nodes, 3);
    third.leave().await.unwrap();
    assert_eq!(first.run().await.unwrap().nodes, 2);
    house.advance(10);
    assert_eq!(first.run().await.unwrap().nodes, 2);
    house.advance(5);
    let alone = first.run().await.unwrap();
    assert_eq!(alone.nodes, 1, "the second has not been heard of");
    assert_eq!(house.foundation.nodes.live(), 1);
    house.advance(2 * 24 * 3600);
    SweepExpired::new(house.foundation.clone())
        .run()
        .await
        .unwrap();
    let mut unit = house.foundation.store.write().await.unwrap();
    let left = unit.jobs().count("node/", NOW).await.unwrap();
    assert_eq!(left, 0, "dead nodes leave nothing behind");
}

#[tokio::test]
async fn a_session_is_swept_a_week_after_its_end_and_no_earlier() {
    let house = House::new().await;
    let ada = house.user("ada").await;
    let session = house.session(&ada).await;
    let sweep = SweepExpired::new(house.foundation.clone());
    let known = || async {
        let mut view = house.foundation.store.read().await.unwrap();
        let found = view.sessions().find(session.realm, session.id).await;
        found.unwrap().is_some()
    };
    let end = session.expires_at.since(NOW);
    house
        .clock
        .advance((end + Duration::from_hours(7 * 24)).saturating_sub(Duration::from_secs(1)));
    sweep.run().await.unwrap();
    assert!(known().await);
    house.clock.advance(Duration::from_secs(2));
    assert!(sweep.run().await.unwrap() > 0);
    assert!(!known().await);
}

#[tokio::test]
async fn a_message_that_nobody_takes_is_swept_after_two_days() {
    let house = House::new().await;
    let foundation = &house.foundation;
    let message = gatelodge_ports::store::Message {
        id: foundation.rng.id(house.clock.now()),
        realm: house.realm.realm.id,
        channel: "of a release that is gone".to_owned(),
        payload: vec![1],
        attempts: 0,
        due_at: house.clock.now(),
    };
    let mut unit = foundation.store.write().await.unwrap();
    unit.outbox().enqueue(&message).await.unwrap();
    unit.commit().await.unwrap();
    let sweep = SweepExpired::new(foundation.clone());
    house.advance(48 * 60 * 60);
    assert_eq!(sweep.run().await.unwrap(), 0);
    house.advance(1);
    assert_eq!(sweep.run().await.unwrap(), 1);
}

#[tokio::test]
async fn what_one_unit_leaves_is_swept_by_the_next_one() {
    let house = House::new().await;
    let ada = house.user("ada").await;
    let mut end = NOW;
    for _ in 0..1_005 {
        end = house.session(&ada).await.expires_at;
    }
    house
        .clock
        .advance(end.since(NOW) + Duration::from_hours(8 * 24));
    let sweep = SweepExpired::new(house.foundation.clone());
    // The clock of this house stands still, so only the number of steps ends a unit.
    let sessions = Expired::Sessions;
    assert_eq!(sweep.unit(sessions).await.unwrap(), (1_000, Swept::More));
    assert_eq!(sweep.unit(sessions).await.unwrap(), (5, Swept::Done));
    assert_eq!(sweep.unit(sessions).await.unwrap(), (0, Swept::Done));
}
