//! The change feed where a lower number is committed after a higher one was read.

use gatelodge_domain::{Id, Realm, Timestamp};
use gatelodge_ports::Store;
use gatelodge_ports::store::{Change, NumberedChange};

use crate::open;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn change(number: u128) -> Change {
    Change::Realm(Id::<Realm>::from_u128(number))
}

async fn since(store: &dyn Store, place: u64, limit: u16) -> Vec<NumberedChange> {
    let mut view = store.read().await.unwrap();
    view.changes().since(place, limit).await.unwrap()
}

fn told(rows: &[NumberedChange]) -> Vec<Change> {
    rows.iter().map(|row| row.change).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_change_is_told_once_it_is_there_and_not_for_ever() {
    let opened = open().await;
    let store = &*opened.store;
    let mut late = store.write().await.unwrap();
    late.changes().announce(change(1), NOW).await.unwrap();
    let mut later = store.write().await.unwrap();
    later.changes().announce(change(2), NOW).await.unwrap();
    let mut quick = store.write().await.unwrap();
    quick.changes().announce(change(3), NOW).await.unwrap();
    quick.commit().await.unwrap();

    let first = since(store, 0, 10).await;
    assert_eq!(told(&first), [change(3)]);
    let place = first[0].number;
    assert_eq!(told(&since(store, place, 10).await), []);

    late.commit().await.unwrap();
    let second = since(store, place, 10).await;
    assert_eq!(told(&second), [change(1)]);
    let place = second[0].number;
    assert_eq!(told(&since(store, place, 10).await), [], "it was told");

    later.commit().await.unwrap();
    let third = since(store, place, 10).await;
    assert!(told(&third).contains(&change(2)), "{third:?}");
    let place = third.iter().map(|row| row.number).max().unwrap();
    assert_eq!(told(&since(store, place, 10).await), []);

    // Who begins now is where the reader is.
    let position = store
        .read()
        .await
        .unwrap()
        .changes()
        .position()
        .await
        .unwrap();
    assert_eq!(position, place);
    opened.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_small_pages_misses_no_late_change() {
    let opened = open().await;
    let store = &*opened.store;
    let mut late = store.write().await.unwrap();
    late.changes().announce(change(1), NOW).await.unwrap();
    let mut quick = store.write().await.unwrap();
    for number in 2..=4 {
        quick.changes().announce(change(number), NOW).await.unwrap();
    }
    quick.commit().await.unwrap();

    let (mut place, mut heard) = (0, Vec::new());
    let first = since(store, place, 1).await;
    place = first[0].number;
    heard.extend(told(&first));
    late.commit().await.unwrap();
    loop {
        let rows = since(store, place, 1).await;
        let Some(last) = rows.last() else { break };
        assert!(rows.len() == 1 && place < last.number, "{rows:?}");
        place = last.number;
        heard.extend(told(&rows));
    }
    assert_eq!(heard, [change(2), change(1), change(3), change(4)]);
    opened.store.close().await.unwrap();
}
