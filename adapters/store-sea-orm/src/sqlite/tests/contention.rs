//! Another process that writes in the same file.

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
