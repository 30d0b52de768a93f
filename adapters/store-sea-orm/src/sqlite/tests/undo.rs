//! A turn that ends badly leaves nothing and takes nobody with it.

use super::*;

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
async fn where_another_process_writes_while_a_turn_is_undone_the_batch_is_lost_and_is_told() {
    let lodge = Lodge::open().await;
    let (member, mut holder) = member_and_holder(&lodge, 1).await;
    let other = lodge.beside();
    lodge.engine.listen(|connection| {
        // As soon as the lock is free, and before it is taken again.
        let write = move || drop(other.execute("INSERT INTO probe (k) VALUES (9)", []));
        connection.rollback_hook(Some(write)).unwrap();
    });
    put(&mut holder, 2).unwrap();
    append(&mut holder, 1);
    drop(holder);
    let told = member.await.unwrap();
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    assert_eq!(lodge.keys(), [9]);
    let mut next = lodge.turn().await;
    put(&mut next, 3).unwrap();
    append(&mut next, 1);
    next.commit().await.unwrap();
    assert_eq!(lodge.keys(), [3, 9]);
    let seals = lodge.seals();
    assert_eq!(seals.iter().map(|seal| seal.count).sum::<u32>(), 1);
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

fn put_last(turn: &mut Turn, key: i64) {
    let insert = sql("INSERT INTO probe (k) VALUES (?)", key);
    turn.execute_last(insert).unwrap();
}
