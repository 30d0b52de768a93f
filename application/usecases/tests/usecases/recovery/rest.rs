//! What becomes of a request shows in the time of no other.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use gatelodge_ports::{Clock as _, Delay};
use gatelodge_usecases::recovery::AnswerRecovery;

use super::Counter;
use crate::house::House;

/// Keeps how long it was to wait, and how many mails were posted by then.
struct Rests {
    house: Arc<House>,
    seen: Mutex<Vec<(Duration, usize)>>,
}

#[async_trait::async_trait]
impl Delay for Rests {
    async fn wait(&self, duration: Duration) {
        let now = self.house.clock.now();
        let mut unit = self.house.foundation.store.write().await.unwrap();
        let mails = unit.outbox().take("mail", now, now, 99).await.unwrap();
        self.seen.lock().unwrap().push((duration, mails.len()));
    }
}

#[tokio::test]
async fn a_request_rests_for_a_while_of_chance_before_anything_becomes_of_it() {
    let counter = Counter::open().await;
    counter.desk.person("ada").await;
    let house = counter.desk.house.clone();
    let rests = Arc::new(Rests {
        house: house.clone(),
        seen: Mutex::default(),
    });
    let answers = AnswerRecovery::new(house.foundation.clone(), rests.clone());
    assert!(!answers.once().await.unwrap());
    assert!(rests.seen.lock().unwrap().is_empty(), "nothing has to rest");
    for name in ["ada", "nobody", "ada", "somebody"] {
        counter.ask(name).await.unwrap();
        assert!(answers.once().await.unwrap());
    }
    let seen = rests.seen.lock().unwrap().clone();
    let posted: Vec<usize> = seen.iter().map(|(_, posted)| *posted).collect();
    assert_eq!(posted, [0, 1, 1, 2], "what is posted is so afterwards");
    let lengths: BTreeSet<Duration> = seen.iter().map(|(length, _)| *length).collect();
    assert_eq!(lengths.len(), 4, "{lengths:?}");
    assert!(lengths.iter().all(|rest| rest.as_millis() < 100));
}
