//! The write-ahead log: it begins anew under whoever writes and reads, and readers see one moment.

use super::*;

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
    let deadline = Instant::now() + Duration::from_mins(1);
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

/// Whether somebody holds a lock on the database file.
#[cfg(target_os = "linux")]
fn is_locked(lodge: &Lodge) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let inode = std::fs::metadata(lodge.source.path()).unwrap().ino();
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    locks.contains(&format!(":{inode} "))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_engine_that_closes_takes_nobodys_locks_with_it() {
    let mut lodge = Lodge::open().await;
    lodge.engine.close().await.unwrap();
    assert!(!is_locked(&lodge), "nobody is there");
    lodge.engine = Lodge::engine_with_checkpoints(&lodge.source, 10);
    put_and_commit(&lodge.engine, 0).await;
    let begun = lodge.logs();
    // One that has read holds its lock until it closes.
    let beside = lodge.beside();
    let count = "SELECT count(*) FROM probe";
    beside.query_row(count, [], |_| Ok(())).unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    let mut key = 1;
    // A log begins anew after a pass, which has synced the file.
    while lodge.logs() == begun {
        put_and_commit(&lodge.engine, key).await;
        key += 1;
        assert!(Instant::now() < deadline, "no pass comes");
    }
    lodge.engine.close().await.unwrap();
    assert!(is_locked(&lodge), "somebody still has it open");
    drop(beside);
    assert!(!is_locked(&lodge));
}
