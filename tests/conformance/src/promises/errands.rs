//! Jobs and the outbox: work that nodes share.

use std::sync::Arc;

use gatelodge_domain::{Id, Realm, Timestamp};
use gatelodge_ports::Store;
use gatelodge_ports::store::{Lease, Message};

use crate::fixture::{House, committed};
use crate::race::{MANY, race};
use crate::samples::{self, NOW, at};

async fn lease(
    store: &Arc<dyn Store>,
    job: &str,
    holder: u128,
    now: Timestamp,
    until: Timestamp,
) -> Lease {
    committed!(store, |unit| unit
        .jobs()
        .lease(job, holder, now, until)
        .await
        .unwrap())
}

/// A lease is one node's until its end or until it is given back; the holder may prolong it.
pub async fn a_job_is_held_by_one_node(store: Arc<dyn Store>) {
    let (ours, theirs) = (u128::MAX, u128::MAX - 1);
    assert_eq!(
        lease(&store, "sweep", ours, NOW, at(100)).await,
        Lease::Held
    );
    assert_eq!(
        lease(&store, "sweep", theirs, at(99), at(200)).await,
        Lease::Taken
    );
    assert_eq!(
        lease(&store, "seal", theirs, at(1), at(200)).await,
        Lease::Held
    );
    assert_eq!(
        lease(&store, "sweep", ours, at(99), at(150)).await,
        Lease::Held
    );
    assert_eq!(
        lease(&store, "sweep", theirs, at(149), at(300)).await,
        Lease::Taken
    );
    assert_eq!(
        lease(&store, "sweep", theirs, at(150), at(300)).await,
        Lease::Held
    );
    committed!(store, |unit| unit
        .jobs()
        .release("sweep", ours)
        .await
        .unwrap());
    assert_eq!(
        lease(&store, "sweep", ours, at(151), at(400)).await,
        Lease::Taken
    );
    committed!(store, |unit| unit
        .jobs()
        .release("sweep", theirs)
        .await
        .unwrap());
    assert_eq!(
        lease(&store, "sweep", ours, at(152), at(400)).await,
        Lease::Held
    );
}

/// Leases are counted by how their names begin while they last, and removed after their end.
pub async fn leases_are_counted_and_swept(store: Arc<dyn Store>) {
    for (job, until) in [
        ("node/a", at(10)),
        ("node/b", at(20)),
        ("node/\u{fc}", at(30)),
        ("nodf", at(40)),
        ("Node/c", at(40)),
    ] {
        assert_eq!(lease(&store, job, 7, NOW, until).await, Lease::Held);
    }
    let live = async |now| committed!(store, |unit| unit.jobs().count("node/", now).await.unwrap());
    assert_eq!(live(at(9)).await, 3);
    assert_eq!(live(at(10)).await, 2, "its end is over");
    let sweep = async |before, limit| {
        committed!(store, |unit| unit
            .jobs()
            .sweep(before, limit)
            .await
            .unwrap())
    };
    assert_eq!(sweep(at(20), 100).await, 1, "only what ended before");
    assert_eq!(live(at(0)).await, 2);
    assert_eq!(sweep(at(50), 3).await, 3);
    assert_eq!(sweep(at(50), 3).await, 1);
    assert_eq!(live(at(0)).await, 0);
}

/// Of many nodes that want a job exactly one gets it, free or expired.
pub async fn one_of_many_nodes_gets_the_job(store: Arc<dyn Store>) {
    for (now, until) in [(NOW, at(100)), (at(100), at(200))] {
        let leases = race(&store, MANY, move |unit, node| {
            Box::pin(async move { unit.jobs().lease("sweep", node as u128, now, until).await })
        })
        .await;
        let held = leases.iter().filter(|lease| **lease == Lease::Held).count();
        assert_eq!(held, 1);
    }
}

fn message(realm: Id<Realm>, channel: &str, due_at: Timestamp) -> Message {
    let number = samples::number();
    Message {
        id: samples::id(),
        realm,
        channel: channel.to_owned(),
        payload: number.to_be_bytes().to_vec(),
        attempts: 0,
        due_at,
    }
}

async fn take(
    store: &Arc<dyn Store>,
    channel: &str,
    now: Timestamp,
    retry_at: Timestamp,
    limit: u16,
) -> Vec<Message> {
    let mut taken = committed!(store, |unit| {
        unit.outbox()
            .take(channel, now, retry_at, limit)
            .await
            .unwrap()
    });
    taken.sort_unstable_by_key(|message| message.id);
    taken
}

fn ids(messages: &[Message]) -> Vec<Id<Message>> {
    messages.iter().map(|message| message.id).collect()
}

/// A message is taken when it is due, comes again at its retry until it is done, and each try
/// is counted.
pub async fn a_message_comes_again_until_it_is_done(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (now, later) = (
        message(house.realm(), "mail", NOW),
        message(house.realm(), "mail", at(10)),
    );
    let hook = message(house.realm(), "webhook", NOW);
    committed!(store, |unit| for message in [&now, &later, &hook] {
        unit.outbox().enqueue(message).await.unwrap();
    });
    let first = take(&store, "mail", at(9), at(50), 9).await;
    assert_eq!(ids(&first), [now.id]);
    assert_eq!(
        (&first[0].payload, &first[0].channel),
        (&now.payload, &now.channel)
    );
    assert_eq!(first[0].realm, house.realm());
    assert_eq!(
        ids(&take(&store, "mail", at(10), at(60), 9).await),
        [later.id]
    );
    assert_eq!(take(&store, "mail", at(49), at(99), 9).await, []);
    let again = take(&store, "mail", at(50), at(99), 9).await;
    assert_eq!(ids(&again), [now.id]);
    assert_eq!(again[0].attempts, first[0].attempts + 1);
    committed!(store, |unit| unit.outbox().done(now.id).await.unwrap());
    assert_eq!(
        ids(&take(&store, "mail", at(1_000), at(2_000), 9).await),
        [later.id]
    );
    assert_eq!(
        ids(&take(&store, "webhook", at(1_000), at(2_000), 9).await),
        [hook.id]
    );
}

/// At most so many are taken at once, and the rest is not lost.
pub async fn messages_are_taken_within_the_limit(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let messages: Vec<Message> = (0..7)
        .map(|_| message(house.realm(), "mail", NOW))
        .collect();
    committed!(store, |unit| for message in &messages {
        unit.outbox().enqueue(message).await.unwrap();
    });
    let mut seen = Vec::new();
    for expected in [3, 3, 1, 0] {
        let taken = take(&store, "mail", at(1), at(100), 3).await;
        assert_eq!(taken.len(), expected);
        seen.extend(ids(&taken));
    }
    seen.sort_unstable();
    assert_eq!(seen, ids(&messages));
}

/// Two senders never take the same message at once.
pub async fn no_message_is_taken_by_two_senders(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let messages: Vec<Message> = (0..MANY)
        .map(|_| message(house.realm(), "mail", NOW))
        .collect();
    committed!(store, |unit| for message in &messages {
        unit.outbox().enqueue(message).await.unwrap();
    });
    let taken = race(&store, 32, |unit, _| {
        Box::pin(async move { unit.outbox().take("mail", at(1), at(100), 2).await })
    })
    .await;
    let mut seen: Vec<Id<Message>> = taken.iter().flat_map(|taken| ids(taken)).collect();
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), all, "a message was taken twice");
    loop {
        let rest = take(&store, "mail", at(1), at(100), 9).await;
        if rest.is_empty() {
            break;
        }
        seen.extend(ids(&rest));
    }
    seen.sort_unstable();
    assert_eq!(seen, ids(&messages));
}

/// A message of a unit that was dropped is never sent.
pub async fn a_dropped_message_is_never_sent(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let mut unit = store.write().await.unwrap();
    unit.outbox()
        .enqueue(&message(house.realm(), "mail", NOW))
        .await
        .unwrap();
    drop(unit);
    assert_eq!(take(&store, "mail", at(1), at(100), 9).await, []);
}

/// A message waits as long as who took it says, unless somebody else has it by then.
pub async fn a_message_is_postponed_by_who_has_it(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let message = message(house.realm(), "mail", NOW);
    committed!(store, |unit| unit.outbox().enqueue(&message).await.unwrap());
    let postpone = async |attempts, due_at| {
        committed!(store, |unit| unit
            .outbox()
            .postpone(message.id, attempts, due_at)
            .await
            .unwrap())
    };
    let mine = take(&store, "mail", NOW, at(10), 1).await;
    assert!(postpone(mine[0].attempts, at(500)).await);
    assert_eq!(take(&store, "mail", at(499), at(600), 1).await, []);
    let theirs = take(&store, "mail", at(500), at(600), 1).await;
    assert_eq!(theirs[0].attempts, mine[0].attempts + 1);
    assert!(!postpone(mine[0].attempts, at(501)).await, "it is theirs");
    assert_eq!(take(&store, "mail", at(599), at(700), 1).await, []);
    assert_eq!(take(&store, "mail", at(600), at(700), 1).await.len(), 1);
    committed!(store, |unit| unit.outbox().done(message.id).await.unwrap());
    assert!(!postpone(3, at(900)).await, "it is gone");
}

/// Messages of any channel that were due long ago are removed, as many as asked for.
pub async fn overdue_messages_are_swept_within_the_limit(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let old = [("mail", 0), ("nobody's", 1), ("mail", 2)];
    let old = old.map(|(channel, due)| message(house.realm(), channel, at(due)));
    let due = message(house.realm(), "mail", at(10));
    committed!(store, |unit| for message in old.iter().chain([&due]) {
        unit.outbox().enqueue(message).await.unwrap();
    });
    for expected in [2, 1, 0] {
        let swept = committed!(store, |unit| unit.outbox().sweep(at(10), 2).await.unwrap());
        assert_eq!(swept, expected);
    }
    let left = take(&store, "mail", at(1_000), at(2_000), 9).await;
    assert_eq!(ids(&left), [due.id]);
}
