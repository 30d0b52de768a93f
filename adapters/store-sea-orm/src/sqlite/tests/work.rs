//! Work that is handed over: batches, turns beside it, and work that misbehaves.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{Id, Timestamp};
use gatelodge_ports::store::{Ending, Remembered, TicketKey, Work};

use super::*;

/// Remembers a number, and ends so.
fn remember(number: u8, ending: Ending) -> Work {
    Box::new(move |unit| {
        Box::pin(async move {
            let key = TicketKey {
                realm: Id::from_u128(1),
                kind: TicketKind::AuthorizationCode,
                digest: Digest::new([number; 32]),
            };
            let (now, until) = (Timestamp::from_millis(1), Timestamp::from_millis(9));
            let done = unit.tickets().remember(key, now, until).await;
            assert!(matches!(done, Ok(Remembered::First)), "{done:?}");
            ending
        })
    })
}

impl Lodge {
    fn remembered(&self) -> Vec<u8> {
        let connection = self.beside();
        let mut statement = connection
            .prepare("SELECT digest FROM tickets ORDER BY digest")
            .unwrap();
        let digests = statement.query_map([], |row| row.get::<_, [u8; 32]>(0));
        digests.unwrap().map(|digest| digest.unwrap()[0]).collect()
    }

    fn carry_out(&self, work: Work) -> tokio::task::JoinHandle<Result<(), StoreError>> {
        let engine = Arc::clone(&self.engine);
        tokio::spawn(async move { engine.carry_out(work).await })
    }
}

#[tokio::test]
async fn work_is_kept_or_leaves_no_trace_as_it_ends() {
    let lodge = Lodge::open().await;
    // All of it waits behind this turn, and then shares a batch.
    let mut turn = lodge.turn().await;
    put(&mut turn, 1).unwrap();
    let endings = [Ending::Commit, Ending::Undo];
    let works: Vec<_> = (0..20)
        .map(|number| lodge.carry_out(remember(number, endings[usize::from(number % 2)])))
        .collect();
    yield_now().await;
    turn.commit().await.unwrap();
    for work in works {
        work.await.unwrap().unwrap();
    }
    let kept: Vec<u8> = (0..20).filter(|number| number % 2 == 0).collect();
    assert_eq!(lodge.remembered(), kept);
    assert_eq!(lodge.keys(), [1]);
}

#[tokio::test]
async fn work_that_panics_or_waits_for_something_else_harms_nobody() {
    let lodge = Lodge::open().await;
    let turn = lodge.turn().await;
    let before = lodge.carry_out(remember(1, Ending::Commit));
    let panics = lodge.carry_out(Box::new(|unit| {
        Box::pin(async move {
            remember(2, Ending::Commit)(unit).await;
            panic!("a defect");
        })
    }));
    let waits = lodge.carry_out(Box::new(|unit| {
        Box::pin(async move {
            remember(3, Ending::Commit)(unit).await;
            tokio::time::sleep(Duration::from_mins(1)).await;
            Ending::Commit
        })
    }));
    let after = lodge.carry_out(remember(4, Ending::Commit));
    yield_now().await;
    drop(turn);
    before.await.unwrap().unwrap();
    for broken in [panics, waits] {
        let told = broken.await.unwrap();
        assert!(matches!(told, Err(StoreError::Broken(_))), "{told:?}");
    }
    after.await.unwrap().unwrap();
    assert_eq!(lodge.remembered(), [1, 4]);
}

#[tokio::test]
async fn work_whose_caller_is_gone_before_it_begins_is_not_done() {
    let lodge = Lodge::open().await;
    let turn = lodge.turn().await;
    let begun = Arc::new(AtomicBool::new(false));
    let note = Arc::clone(&begun);
    let gone = lodge.carry_out(Box::new(move |_| {
        note.store(true, Ordering::Release);
        Box::pin(async { Ending::Commit })
    }));
    yield_now().await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let next = lodge.carry_out(remember(1, Ending::Commit));
    yield_now().await;
    drop(turn);
    next.await.unwrap().unwrap();
    assert!(!begun.load(Ordering::Acquire));
    assert_eq!(lodge.remembered(), [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_and_turns_share_batches_and_neither_starves() {
    let lodge = Lodge::open().await;
    let stopping = Arc::new(AtomicBool::new(false));
    let (mut lanes, mut tallies) = (Vec::new(), Vec::new());
    for lane in 0..4 {
        let turns = Arc::new(AtomicI64::new(0));
        let (engine, stop) = (Arc::clone(&lodge.engine), Arc::clone(&stopping));
        tallies.push(Arc::clone(&turns));
        lanes.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let done = turns.load(Ordering::Relaxed);
                put_and_commit(&engine, lane * 1_000_000 + done).await;
                turns.store(done + 1, Ordering::Relaxed);
            }
        }));
        let works = Arc::new(AtomicI64::new(0));
        let (engine, stop) = (Arc::clone(&lodge.engine), Arc::clone(&stopping));
        tallies.push(Arc::clone(&works));
        lanes.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let work: Work = Box::new(|_| Box::pin(async { Ending::Commit }));
                engine.carry_out(work).await.unwrap();
                works.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    // The others go on for as long as one has not had its share.
    let served = async {
        while tallies.iter().any(|done| done.load(Ordering::Relaxed) <= 5) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = timeout(Duration::from_mins(1), served).await;
    assert!(in_time.is_ok(), "somebody starves: {tallies:?}");
    stopping.store(true, Ordering::Relaxed);
    for lane in lanes {
        lane.await.unwrap();
    }
}

#[tokio::test]
async fn work_hears_that_another_process_writes_or_that_all_is_closed() {
    let lodge = Lodge::open().await;
    let other = lodge.beside();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = lodge.carry_out(remember(1, Ending::Commit));
    let told = first.await.unwrap();
    assert!(matches!(told, Err(StoreError::Contended)), "{told:?}");
    other.execute_batch("ROLLBACK").unwrap();
    out_waited(&other, || lodge.carry_out(remember(2, Ending::Commit))).await;
    lodge.engine.close().await.unwrap();
    let late = lodge.carry_out(remember(3, Ending::Commit)).await.unwrap();
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    assert_eq!(lodge.remembered(), [2]);
}

#[tokio::test]
async fn whoever_waits_when_all_is_closed_hears_it_and_what_has_begun_is_kept() {
    let lodge = Lodge::open().await;
    let mut turn = lodge.turn().await;
    put(&mut turn, 1).unwrap();
    let work = lodge.carry_out(remember(1, Ending::Commit));
    let engine = Arc::clone(&lodge.engine);
    let unit = tokio::spawn(async move { engine.write().await.map(drop) });
    yield_now().await;
    let engine = Arc::clone(&lodge.engine);
    let closing = tokio::spawn(async move { engine.close().await });
    for told in [work.await.unwrap(), unit.await.unwrap()] {
        assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    }
    turn.commit().await.unwrap();
    closing.await.unwrap().unwrap();
    assert_eq!(lodge.keys(), [1]);
    assert!(lodge.remembered().is_empty());
}
