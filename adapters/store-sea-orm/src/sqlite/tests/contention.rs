//! Another process that writes in the same file.

use std::sync::atomic::{AtomicBool, Ordering};

use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{Id, Timestamp};
use gatelodge_ports::store::{Ending, Remembered, TicketKey, Work};

use super::*;

#[tokio::test]
async fn another_process_that_writes_is_contention() {
    let lodge = Lodge::open().await;
    let other = lodge.beside();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(
        lodge.engine.write().await,
        Err(StoreError::Contended)
    ));
    let opened = migrate(&lodge.source, gatelodge_migrations::steps(), Migrate::Run).await;
    assert!(
        opened
            .unwrap_err()
            .to_string()
            .starts_with("another process is writing to ")
    );
    other.execute_batch("ROLLBACK").unwrap();
    let mut turn = lodge.turn().await;
    put(&mut turn, 1).unwrap();
    turn.commit().await.unwrap();
}

#[tokio::test]
async fn those_who_wait_behind_another_process_are_turned_away_together() {
    let lodge = Lodge::open().await;
    let other = lodge.beside();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = Instant::now();
    let waiting: Vec<_> = (0..16)
        .map(|_| {
            let engine = Arc::clone(&lodge.engine);
            tokio::spawn(async move { engine.write().await.map(drop) })
        })
        .collect();
    for unit in waiting {
        assert!(matches!(unit.await.unwrap(), Err(StoreError::Contended)));
    }
    // One after the other they would wait for sixteen times one's patience.
    assert!(before.elapsed() < PATIENCE * 10, "{:?}", before.elapsed());
    other.execute_batch("ROLLBACK").unwrap();
    let mut turn = lodge.turn().await;
    put(&mut turn, 1).unwrap();
    turn.commit().await.unwrap();
}

#[tokio::test]
async fn a_unit_waits_out_a_short_writer_in_another_process_without_its_thread() {
    let lodge = Lodge::open().await;
    let other = lodge.beside();
    // This runtime has one thread: the lock is given back only while the unit leaves it free.
    let mut turn = out_waited(&other, || {
        let engine = Arc::clone(&lodge.engine);
        tokio::spawn(async move { engine.write().await })
    })
    .await;
    put(&mut turn, 1).unwrap();
    turn.commit().await.unwrap();
    assert_eq!(lodge.keys(), [1]);
}

/// Remembers that number, and ends so; a note that it came to its end.
fn remember(number: i64, ending: Ending, note: &Arc<AtomicBool>) -> Work {
    let note = Arc::clone(note);
    Box::new(move |unit| {
        Box::pin(async move {
            let key = TicketKey {
                realm: Id::from_u128(1),
                kind: TicketKind::AuthorizationCode,
                digest: digest(number),
            };
            let (now, until) = (Timestamp::from_millis(1), Timestamp::from_millis(9));
            match unit.tickets().remember(key, now, until).await {
                Ok(Remembered::First) => {
                    note.store(ending == Ending::Commit, Ordering::Release);
                    ending
                }
                _ => Ending::Undo,
            }
        })
    })
}

fn digest(number: i64) -> Digest {
    Digest::sha256(&number.to_be_bytes())
}

/// What one caller was told: numbers that are kept, as turns and as work.
#[derive(Default)]
struct Told {
    turns: Vec<i64>,
    works: Vec<i64>,
}

/// Turns and work that end well and badly, one after the other.
async fn live(engine: Arc<Engine>, numbers: core::ops::Range<i64>) -> Told {
    let mut told = Told::default();
    for number in numbers {
        let ending = if number % 3 == 0 {
            Ending::Undo
        } else {
            Ending::Commit
        };
        if number % 2 == 0 {
            let note = Arc::new(AtomicBool::new(false));
            let done = engine.carry_out(remember(number, ending, &note)).await;
            if done.is_ok() && note.load(Ordering::Acquire) {
                told.works.push(number);
            }
            continue;
        }
        let Ok(mut turn) = engine.write().await else {
            continue;
        };
        let written = put(&mut turn, number).is_ok();
        if written && ending == Ending::Commit && turn.commit().await.is_ok() {
            told.turns.push(number);
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_another_process_that_writes_every_answer_is_true() {
    let lodge = Lodge::open().await;
    let other = lodge.beside();
    other
        .execute_batch("CREATE TABLE beside (k INTEGER PRIMARY KEY)")
        .unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&over);
    let beside = std::thread::spawn(move || {
        let mut written = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            // Whenever the lock is free, also between two steps of somebody who undoes a turn.
            if other
                .execute("INSERT INTO beside DEFAULT VALUES", [])
                .is_ok()
            {
                written += 1;
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        written
    });
    let lanes: Vec<_> = (0..6)
        .map(|lane| {
            let numbers = lane * 1_000..lane * 1_000 + 150;
            tokio::spawn(live(Arc::clone(&lodge.engine), numbers))
        })
        .collect();
    let mut told = Told::default();
    for lane in lanes {
        let lane = lane.await.unwrap();
        told.turns.extend(lane.turns);
        told.works.extend(lane.works);
    }
    over.store(true, Ordering::Relaxed);
    let written = beside.join().unwrap();
    assert!(written > 0 && !told.turns.is_empty() && !told.works.is_empty());

    told.turns.sort_unstable();
    assert_eq!(lodge.keys(), told.turns);
    let mut works: Vec<_> = told
        .works
        .iter()
        .map(|it| *digest(*it).as_bytes())
        .collect();
    works.sort_unstable();
    let connection = lodge.beside();
    let mut kept = connection
        .prepare("SELECT digest FROM tickets ORDER BY digest")
        .unwrap();
    let kept = kept.query_map([], |row| row.get::<_, [u8; 32]>(0)).unwrap();
    let kept: Vec<_> = kept.map(Result::unwrap).collect();
    assert_eq!(kept, works);
    let count: u32 = connection
        .query_row("SELECT count(*) FROM beside", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, written);
}
