//! The engine's own promises, below the ports: batches, turns, deadlines, seals.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gatelodge_domain::audit::SealBody;
use gatelodge_domain::{Digest, Seal};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, SealKey};
use rusqlite::Connection;
use sea_orm::{DbBackend, Statement};
use tempfile::TempDir;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

mod work;

use super::engine::Pace;
use super::{Engine, Source, Turn, migrate};
use crate::schema::Migrate;

struct Lodge {
    engine: Arc<Engine>,
    source: Source,
    _folder: TempDir,
}

fn seal_key() -> SealKey {
    Arc::new(|body: &SealBody| Digest::sha256(&body.to_bytes()))
}

impl Lodge {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Source::new(&folder.path().join("gatelodge.db"), None).unwrap();
        migrate(&source, gatelodge_migrations::steps(), Migrate::Run)
            .await
            .unwrap();
        let lodge = Self {
            engine: Self::engine(&source),
            source,
            _folder: folder,
        };
        let table = "CREATE TABLE probe (k INTEGER PRIMARY KEY, v BLOB)";
        lodge.beside().execute_batch(table).unwrap();
        lodge
    }

    fn engine(source: &Source) -> Arc<Engine> {
        // Stories in which two units share a batch must not depend on a quick machine.
        let pace = Pace {
            oldest_batch: Duration::from_mins(1),
            ..Pace::default()
        };
        Self::engine_at(pace, source)
    }

    /// An engine that moves the log into the file after so many frames.
    fn engine_with_checkpoints(source: &Source, each: u32) -> Arc<Engine> {
        let pace = Pace {
            checkpoint_each: each,
            ..Pace::default()
        };
        Self::engine_at(pace, source)
    }

    fn engine_at(pace: Pace, source: &Source) -> Arc<Engine> {
        let key: Arc<OnceLock<SealKey>> = Arc::default();
        assert!(key.set(seal_key()).is_ok());
        Arc::new(Engine::open_at(pace, source, key, Arc::default()).unwrap())
    }

    /// The length of the log, and of the file.
    fn sizes(&self) -> (u64, u64) {
        let file = self.source.path().to_owned();
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let size = |path: std::path::PathBuf| std::fs::metadata(path).map_or(0, |is| is.len());
        (size(log.into()), size(file))
    }

    /// How often the log has begun anew: its header counts it.
    fn logs(&self) -> u32 {
        let mut log = self.source.path().as_os_str().to_owned();
        log.push("-wal");
        let header = std::fs::read(log).unwrap();
        u32::from_be_bytes(header[12..16].try_into().unwrap())
    }

    /// A connection of another process, as it were.
    fn beside(&self) -> Connection {
        let connection = Connection::open(self.source.path()).unwrap();
        connection.busy_timeout(Duration::from_millis(0)).unwrap();
        connection
    }

    async fn turn(&self) -> Turn {
        timeout(Duration::from_secs(10), self.engine.write())
            .await
            .expect("a turn comes")
            .unwrap()
    }

    fn keys(&self) -> Vec<i64> {
        self.engine
            .read()
            .fetch(&sql("SELECT k FROM probe ORDER BY k", 0), &|row| {
                row.first()
            })
            .unwrap()
    }

    fn value(&self, key: i64) -> Vec<u8> {
        let connection = self.beside();
        let query = "SELECT v FROM probe WHERE k = ?1";
        connection
            .query_row(query, [key], |row| row.get(0))
            .unwrap()
    }

    fn seals(&self) -> Vec<Seal> {
        let connection = self.beside();
        let mut statement = connection
            .prepare("SELECT * FROM audit_seals ORDER BY number")
            .unwrap();
        let seals = statement.query_map([], super::trail::read_seal).unwrap();
        seals.map(Result::unwrap).collect()
    }
}

fn sql(text: &str, key: i64) -> Statement {
    let values = if text.contains('?') {
        vec![key.into()]
    } else {
        Vec::new()
    };
    Statement::from_sql_and_values(DbBackend::Sqlite, text, values)
}

fn put(turn: &mut Turn, key: i64) -> Result<u64, StoreError> {
    turn.execute(sql("INSERT INTO probe (k) VALUES (?)", key))
}

fn append(turn: &mut Turn, count: u8) {
    for number in 0..count {
        let digest = Digest::new([number; 32]);
        let position = turn.append_events(&[digest]).unwrap();
        let insert = Statement::from_sql_and_values(
            DbBackend::Sqlite,
            "INSERT INTO audit_events (position, id, at, realm, actor_realm, actor_kind, actor, \
             action, outcome, digest) VALUES (?, x'', 0, x'', x'', '', x'', '', '', ?)",
            [
                position.cast_signed().into(),
                digest.as_bytes().to_vec().into(),
            ],
        );
        turn.execute(insert).unwrap();
    }
}

/// A unit that has joined the batch and waits for its COMMIT, while another has the turn.
async fn member_and_holder(
    lodge: &Lodge,
    key: i64,
) -> (tokio::task::JoinHandle<Result<(), StoreError>>, Turn) {
    let mut first = lodge.turn().await;
    let engine = Arc::clone(&lodge.engine);
    let second = tokio::spawn(async move { engine.write().await.unwrap() });
    yield_now().await;
    put(&mut first, key).unwrap();
    let member = tokio::spawn(first.commit());
    (member, second.await.unwrap())
}

#[tokio::test]
async fn what_is_committed_is_in_the_file() {
    let lodge = Lodge::open().await;
    let mut turn = lodge.turn().await;
    put(&mut turn, 1).unwrap();
    assert!(lodge.keys().is_empty(), "nobody sees it before");
    turn.commit().await.unwrap();
    assert_eq!(lodge.keys(), [1]);
    lodge.engine.close().await.unwrap();
    assert!(matches!(
        lodge.engine.write().await,
        Err(StoreError::Unavailable(_))
    ));
}

fn put_last(turn: &mut Turn, key: i64) {
    let insert = sql("INSERT INTO probe (k) VALUES (?)", key);
    turn.execute_last(insert).unwrap();
}

#[tokio::test]
async fn a_statement_kept_for_the_end_is_undone_with_its_turn_and_fails_alone() {
    let lodge = Lodge::open().await;
    let mut given_up = lodge.turn().await;
    put_last(&mut given_up, 1);
    drop(given_up);

    let (member, mut holder) = member_and_holder(&lodge, 2).await;
    put_last(&mut holder, 2);
    let taken = holder.commit().await;
    assert!(matches!(taken, Err(StoreError::Duplicate(_))), "{taken:?}");
    member.await.unwrap().unwrap();
    assert_eq!(lodge.keys(), [2]);

    let mut turn = lodge.turn().await;
    put_last(&mut turn, 3);
    put_last(&mut turn, 4);
    let seen = turn.fetch(sql("SELECT k FROM probe ORDER BY k", 0), &|row| {
        row.first::<i64>()
    });
    assert_eq!(seen.unwrap(), [2, 3, 4], "a turn reads its own writes");
    drop(turn);
    let mut turn = lodge.turn().await;
    put_last(&mut turn, 5);
    turn.commit().await.unwrap();
    assert_eq!(lodge.keys(), [2, 5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_units_share_few_commits_and_all_are_kept() {
    let lodge = Lodge::open().await;
    let units: Vec<_> = (0..200)
        .map(|key| {
            let engine = Arc::clone(&lodge.engine);
            tokio::spawn(async move {
                let mut turn = engine.write().await.unwrap();
                put(&mut turn, key).unwrap();
                append(&mut turn, 1);
                turn.commit().await.unwrap();
            })
        })
        .collect();
    for unit in units {
        unit.await.unwrap();
    }
    assert_eq!(lodge.keys().len(), 200);
    let seals = lodge.seals();
    assert_eq!(seals.iter().map(|seal| seal.count).sum::<u32>(), 200);
    assert!(seals.len() < 200, "{} commits for 200 units", seals.len());
}

#[tokio::test]
async fn a_dropped_unit_leaves_no_trace_and_blocks_nobody() {
    let lodge = Lodge::open().await;
    let mut turn = lodge.turn().await;
    put(&mut turn, 1).unwrap();
    append(&mut turn, 2);
    drop(turn);
    let mut turn = lodge.turn().await;
    put(&mut turn, 2).unwrap();
    turn.commit().await.unwrap();
    assert_eq!(lodge.keys(), [2]);
    assert_eq!(lodge.seals(), []);
}

#[tokio::test]
async fn a_dropped_unit_does_not_take_its_batch_with_it() {
    let lodge = Lodge::open().await;
    let (member, mut holder) = member_and_holder(&lodge, 1).await;
    put(&mut holder, 2).unwrap();
    drop(holder);
    member.await.unwrap().unwrap();
    assert_eq!(lodge.keys(), [1]);
}

#[tokio::test]
async fn a_turn_that_changed_others_rows_is_undone_and_theirs_stand() {
    let lodge = Lodge::open().await;
    let (member, mut second) = member_and_holder(&lodge, 1).await;
    let engine = Arc::clone(&lodge.engine);
    let third = tokio::spawn(async move { engine.write().await.unwrap() });
    yield_now().await;
    second
        .execute(sql("UPDATE probe SET v = x'01' WHERE k = ?", 1))
        .unwrap();
    put(&mut second, 2).unwrap();
    append(&mut second, 1);
    let second = tokio::spawn(second.commit());
    let mut third = third.await.unwrap();
    third
        .execute(sql("UPDATE probe SET v = x'02' WHERE k = ?", 1))
        .unwrap();
    third
        .execute(sql("DELETE FROM probe WHERE k = ?", 2))
        .unwrap();
    put(&mut third, 3).unwrap();
    append(&mut third, 2);
    let engine = Arc::clone(&lodge.engine);
    let fourth = tokio::spawn(async move { engine.write().await.unwrap() });
    yield_now().await;
    drop(third);
    let mut fourth = fourth.await.unwrap();
    put(&mut fourth, 4).unwrap();
    append(&mut fourth, 1);
    // After one that was undone, the next ones have savepoints.
    let engine = Arc::clone(&lodge.engine);
    let fifth = tokio::spawn(async move { engine.write().await.unwrap() });
    yield_now().await;
    let fourth = tokio::spawn(fourth.commit());
    let mut fifth = fifth.await.unwrap();
    fifth
        .execute(sql("DELETE FROM probe WHERE k < ?", 9))
        .unwrap();
    drop(fifth);
    for member in [member, second, fourth] {
        member.await.unwrap().unwrap();
    }
    assert_eq!(lodge.keys(), [1, 2, 4]);
    assert_eq!(lodge.value(1), [1]);
    let seals = lodge.seals();
    assert_eq!(seals.iter().map(|seal| seal.count).sum::<u32>(), 2);
}

#[tokio::test]
async fn a_long_turn_is_undone_and_the_batch_before_it_stands() {
    let lodge = Lodge::open().await;
    for ending in ["commit", "drop"] {
        let (member, mut long) = member_and_holder(&lodge, -1).await;
        for key in 0..1_500 {
            put(&mut long, key).unwrap();
        }
        if ending == "drop" {
            drop(long);
            member.await.unwrap().unwrap();
            assert_eq!(lodge.keys(), [-1]);
            continue;
        }
        // Whoever comes after so long a turn in its batch has a savepoint.
        let engine = Arc::clone(&lodge.engine);
        let next = tokio::spawn(async move { engine.write().await.unwrap() });
        yield_now().await;
        let long = tokio::spawn(long.commit());
        let mut next = next.await.unwrap();
        next.execute(sql("DELETE FROM probe WHERE k > ?", -9))
            .unwrap();
        drop(next);
        member.await.unwrap().unwrap();
        long.await.unwrap().unwrap();
        assert_eq!(lodge.keys().len(), 1_501);
        lodge.beside().execute("DELETE FROM probe", []).unwrap();
    }
}

#[tokio::test]
async fn a_waiting_unit_whose_caller_is_gone_is_passed_over() {
    let lodge = Lodge::open().await;
    let first = lodge.turn().await;
    let engine = Arc::clone(&lodge.engine);
    let waiting = tokio::spawn(async move { engine.write().await.map(drop) });
    yield_now().await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    drop(first);
    let before = Instant::now();
    drop(lodge.turn().await);
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "nobody waits for a deadline"
    );
}

#[tokio::test]
async fn a_commit_runs_to_its_end_without_its_caller() {
    let lodge = Lodge::open().await;
    let (member, holder) = member_and_holder(&lodge, 1).await;
    member.abort();
    assert!(member.await.unwrap_err().is_cancelled());
    holder.commit().await.unwrap();
    assert_eq!(lodge.keys(), [1]);
}

#[tokio::test]
async fn a_neighbours_taken_key_is_not_mine() {
    let lodge = Lodge::open().await;
    let (member, mut holder) = member_and_holder(&lodge, 1).await;
    let taken = put(&mut holder, 1);
    assert!(
        matches!(taken, Err(StoreError::Duplicate(Duplicate::Key))),
        "{taken:?}"
    );
    put(&mut holder, 2).unwrap();
    holder.commit().await.unwrap();
    member.await.unwrap().unwrap();
    assert_eq!(lodge.keys(), [1, 2]);
}

#[tokio::test]
async fn a_full_disk_fails_the_batch_and_the_next_one_works() {
    let lodge = Lodge::open().await;
    let (member, mut holder) = member_and_holder(&lodge, 1).await;
    holder
        .fetch(sql("PRAGMA max_page_count = 1", 0), &|row| {
            row.first::<i64>()
        })
        .unwrap();
    let large = sql("INSERT INTO probe (k, v) VALUES (?, zeroblob(4000000))", 2);
    assert!(matches!(
        holder.execute(large),
        Err(StoreError::Unavailable(_))
    ));
    let after = put(&mut holder, 3);
    assert!(
        matches!(after, Err(StoreError::Unavailable(_))),
        "{after:?}"
    );
    assert!(matches!(
        holder.commit().await,
        Err(StoreError::Unavailable(_))
    ));
    assert!(matches!(
        member.await.unwrap(),
        Err(StoreError::Unavailable(_))
    ));
    assert!(
        lodge.keys().is_empty(),
        "SQLite undid everybody, and everybody was told"
    );

    let mut next = lodge.turn().await;
    put(&mut next, 4).unwrap();
    append(&mut next, 1);
    next.commit().await.unwrap();
    assert_eq!(lodge.keys(), [4]);
}

#[tokio::test]
async fn a_unit_past_its_deadline_loses_its_turn() {
    let lodge = Lodge::open().await;
    let (member, mut holder) = member_and_holder(&lodge, 1).await;
    put(&mut holder, 2).unwrap();
    member.await.unwrap().unwrap();
    let mut next = lodge.turn().await;
    put(&mut next, 3).unwrap();
    let late = put(&mut holder, 4);
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    assert!(matches!(
        holder.commit().await,
        Err(StoreError::Unavailable(_))
    ));
    next.commit().await.unwrap();
    assert_eq!(lodge.keys(), [1, 3]);
}

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
async fn seals_are_a_chain_over_every_event_whoever_writes() {
    let lodge = Lodge::open().await;
    for count in [1, 3] {
        let mut turn = lodge.turn().await;
        append(&mut turn, count);
        turn.commit().await.unwrap();
    }
    let other = Lodge::engine(&lodge.source);
    let mut turn = other.write().await.unwrap();
    append(&mut turn, 2);
    turn.commit().await.unwrap();
    other.close().await.unwrap();
    let mut turn = lodge.turn().await;
    append(&mut turn, 1);
    turn.commit().await.unwrap();

    let seals = lodge.seals();
    let numbers: Vec<u64> = seals.iter().map(|seal| seal.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let counts: Vec<u32> = seals.iter().map(|seal| seal.count).collect();
    assert_eq!(counts, [1, 3, 2, 1]);
    for (previous, seal) in seals.iter().zip(&seals[1..]) {
        assert_eq!(seal.previous, previous.mac);
        assert_eq!(seal.first, previous.last + 1);
    }
    let digests: Vec<Digest> = (0..3).map(|number| Digest::new([number; 32])).collect();
    assert_eq!(
        seals[1].root,
        gatelodge_domain::audit::merkle_root(&digests)
    );
    assert!(
        seals
            .iter()
            .all(|seal| seal.mac == seal_key()(&seal.body()))
    );
}

#[tokio::test]
async fn nothing_is_appended_without_a_key_to_seal_it() {
    let lodge = Lodge::open().await;
    let keyless = Engine::open(&lodge.source, Arc::default(), Arc::default()).unwrap();
    let mut turn = keyless.write().await.unwrap();
    let refused = turn.append_events(&[Digest::new([1; 32])]);
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_consistent_reader_sees_one_moment() {
    let lodge = Lodge::open().await;
    let mut moment = lodge.engine.read_consistent().unwrap();
    let count = sql("SELECT count(*) FROM probe", 0);
    let mut turn = lodge.turn().await;
    put(&mut turn, 1).unwrap();
    turn.commit().await.unwrap();
    assert_eq!(
        moment.fetch(&count, &|row| row.first::<i64>()).unwrap(),
        [0]
    );
    drop(moment);
    assert_eq!(lodge.keys(), [1]);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let lodge = Lodge::open().await;
    let refused = lodge
        .engine
        .read()
        .execute(&sql("INSERT INTO probe (k) VALUES (?)", 1));
    assert!(refused.is_err());
    assert!(lodge.keys().is_empty());
}

/// A row of that many bytes.
fn put_large(turn: &mut Turn, key: i64, bytes: i64) -> Result<u64, StoreError> {
    let insert = Statement::from_sql_and_values(
        DbBackend::Sqlite,
        "INSERT INTO probe (k, v) VALUES (?, zeroblob(?))",
        [key.into(), bytes.into()],
    );
    turn.execute(insert)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_begins_anew_again_and_again_under_steady_writers_and_readers() {
    use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

    const EACH: u32 = 100;
    const TIMES: u32 = 20;
    // About four pages each. Nearly every pass ends in a new log, so a log is twice to three
    // times as long as what begins a pass; without an end to each pass there is never a new one.
    const ROWS: i64 = (TIMES * 8 * EACH / 4) as i64;
    let mut lodge = Lodge::open().await;
    lodge.engine.close().await.unwrap();
    lodge.engine = Lodge::engine_with_checkpoints(&lodge.source, EACH);
    put_and_commit(&lodge.engine, 0).await;
    let begun = lodge.logs();
    let (over, next) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicI64::new(1)),
    );
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (engine, over) = (Arc::clone(&lodge.engine), Arc::clone(&over));
            tokio::task::spawn_blocking(move || {
                while !over.load(Ordering::Relaxed) {
                    let last = sql("SELECT max(k) FROM probe", 0);
                    engine
                        .read()
                        .fetch(&last, &|row| row.first::<Option<i64>>())
                        .unwrap();
                }
            })
        })
        .collect();
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (engine, next) = (Arc::clone(&lodge.engine), Arc::clone(&next));
            let over = Arc::clone(&over);
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let key = next.fetch_add(1, Ordering::Relaxed);
                    put_and_commit(&engine, key).await;
                }
            })
        })
        .collect();
    while lodge.logs() - begun < TIMES && next.load(Ordering::Relaxed) < ROWS {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    over.store(true, Ordering::Relaxed);
    for task in writers {
        task.await.unwrap();
    }
    for task in readers {
        task.await.unwrap();
    }
    let (logs, rows) = (lodge.logs() - begun, next.load(Ordering::Relaxed));
    assert!(logs >= TIMES, "{logs} logs for {rows} rows");
    lodge.engine.close().await.unwrap();
    assert_eq!(lodge.sizes().0, 0, "closing leaves nothing in the log");
}

async fn put_and_commit(engine: &Engine, key: i64) {
    let mut turn = engine.write().await.unwrap();
    put_large(&mut turn, key, 12_000).unwrap();
    turn.commit().await.unwrap();
}

#[tokio::test]
async fn a_long_reader_holds_the_log_only_while_it_reads() {
    const EACH: u32 = 50;
    let mut lodge = Lodge::open().await;
    lodge.engine.close().await.unwrap();
    lodge.engine = Lodge::engine_with_checkpoints(&lodge.source, EACH);
    let write = async |keys: std::ops::Range<i64>| {
        for key in keys {
            let mut turn = lodge.turn().await;
            put_large(&mut turn, key, 8_000).unwrap();
            turn.commit().await.unwrap();
        }
    };
    let moment = lodge.engine.read_consistent().unwrap();
    write(0..200).await;
    let held = lodge.sizes().0 / 4_120;
    assert!(held > 400, "the reader's moment is kept: {held} frames");
    drop(moment);
    // Whoever is quick may have to write a little before the thread has looked.
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut key = 200;
    loop {
        write(key..key + 100).await;
        key += 100;
        let before = lodge.sizes().0;
        write(key..key + 100).await;
        key += 100;
        if lodge.sizes().0 == before {
            break;
        }
        assert!(Instant::now() < deadline, "the log goes on growing");
    }
    lodge.engine.close().await.unwrap();
}

#[tokio::test]
async fn those_who_wait_behind_another_process_are_turned_away_together() {
    let lodge = Lodge::open().await;
    let other = lodge.beside();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = Instant::now();
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let engine = Arc::clone(&lodge.engine);
            tokio::spawn(async move { engine.write().await.map(drop) })
        })
        .collect();
    for unit in waiting {
        assert!(matches!(unit.await.unwrap(), Err(StoreError::Contended)));
    }
    assert!(
        before.elapsed() < Duration::from_secs(3),
        "{:?}",
        before.elapsed()
    );
    other.execute_batch("ROLLBACK").unwrap();
    let mut turn = lodge.turn().await;
    put(&mut turn, 1).unwrap();
    turn.commit().await.unwrap();
}

#[tokio::test]
async fn a_unit_waits_out_a_short_writer_in_another_process_without_its_thread() {
    let lodge = Lodge::open().await;
    let other = lodge.beside();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let engine = Arc::clone(&lodge.engine);
    let waiting = tokio::spawn(async move { engine.write().await });
    // This runtime has one thread: it gets here only while the unit leaves it free.
    for _ in 0..20 {
        yield_now().await;
    }
    assert!(!waiting.is_finished());
    other.execute_batch("ROLLBACK").unwrap();
    let mut turn = waiting.await.unwrap().unwrap();
    put(&mut turn, 1).unwrap();
    turn.commit().await.unwrap();
    assert_eq!(lodge.keys(), [1]);
}
