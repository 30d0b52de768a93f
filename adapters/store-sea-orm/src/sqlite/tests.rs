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

mod contention;
mod log;
mod seals;
mod undo;
mod work;

use super::engine::Pace;
use super::queue::DEADLINE;
use super::writer::PATIENCE;
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
        timeout(Duration::from_mins(1), self.engine.write())
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

/// A row of that many bytes.
fn put_large(turn: &mut Turn, key: i64, bytes: i64) -> Result<u64, StoreError> {
    let insert = Statement::from_sql_and_values(
        DbBackend::Sqlite,
        "INSERT INTO probe (k, v) VALUES (?, zeroblob(?))",
        [key.into(), bytes.into()],
    );
    turn.execute(insert)
}

async fn put_and_commit(engine: &Engine, key: i64) {
    let mut turn = engine.write().await.unwrap();
    put_large(&mut turn, key, 12_000).unwrap();
    turn.commit().await.unwrap();
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

/// What comes of something that waits while another process writes for a moment. Where this
/// machine stood still for so long that its patience was over, it is asked again.
async fn out_waited<T>(
    other: &Connection,
    ask: impl Fn() -> tokio::task::JoinHandle<Result<T, StoreError>>,
) -> T {
    for _ in 0..10 {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let asked = Instant::now();
        let waiting = ask();
        // Longer than one try takes.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let early = waiting.is_finished();
        other.execute_batch("ROLLBACK").unwrap();
        match waiting.await.unwrap() {
            Ok(done) if !early => return done,
            Ok(_) => panic!("it did not wait"),
            Err(StoreError::Contended) if asked.elapsed() >= PATIENCE => {}
            Err(error) => panic!("it gave up after {:?}: {error}", asked.elapsed()),
        }
    }
    panic!("its patience is over before anybody else gets on");
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
async fn a_waiting_unit_whose_caller_is_gone_is_passed_over() {
    let lodge = Lodge::open().await;
    let first = lodge.turn().await;
    let engine = Arc::clone(&lodge.engine);
    let waiting = tokio::spawn(async move { engine.write().await.map(drop) });
    yield_now().await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    let before = Instant::now();
    drop(first);
    drop(lodge.turn().await);
    // Whoever is gone would have the turn from then on, and until its deadline.
    assert!(before.elapsed() < DEADLINE, "nobody waits for a deadline");
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
