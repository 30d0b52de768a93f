//! How often anybody may ask.

use std::sync::Arc;

use gatelodge_usecases::recovery::RecoveryError;
use tokio::task::JoinSet;

use super::{Counter, from};
use crate::desk::PASSWORD;
use crate::house::facts;

#[tokio::test]
async fn too_many_requests_are_refused_for_known_and_unknown_names_alike() {
    let counter = Counter::open().await;
    counter.desk.person("ada").await;
    for name in ["ada", "nobody"] {
        for at in 0..5 {
            let there = from(&format!("192.0.2.{at}"));
            counter.ask_from(name, None, &there).await.unwrap();
        }
        let over = counter
            .ask_from(name, None, &from("192.0.2.99"))
            .await
            .unwrap_err();
        let RecoveryError::TooMany { retry_after } = over else {
            panic!("{name}: {over:?}")
        };
        assert!(retry_after.as_secs() > 3_000, "{name}");
    }
    counter.desk.house.advance(60 * 60);
    counter.ask("ada").await.unwrap();
}

#[tokio::test]
async fn many_at_once_do_not_slip_through() {
    let counter = Arc::new(Counter::open().await);
    let mut asking = JoinSet::new();
    for _ in 0..16 {
        let counter = counter.clone();
        asking.spawn(async move { counter.ask("nobody").await.is_ok() });
    }
    let taken = asking.join_all().await;
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 5);
}

#[tokio::test]
async fn a_flood_from_one_address_is_refused_whatever_the_names() {
    let counter = Counter::open().await;
    let mut refused = 0;
    for number in 0..30 {
        if counter.ask(&format!("name{number}")).await.is_err() {
            refused += 1;
        }
    }
    assert_eq!(refused, 10, "twenty a minute");
    counter
        .ask_from("somebody", None, &from("192.0.2.8"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_stranger_cannot_keep_a_familiar_browser_from_asking() {
    let counter = Counter::open().await;
    let desk = &counter.desk;
    desk.person("ada").await;
    let familiar = desk.attempt("ada", PASSWORD).await.unwrap().familiar;
    for _ in 0..5 {
        counter.ask("ada").await.unwrap();
    }
    assert!(counter.ask("ada").await.is_err());
    counter
        .ask_from("ada", Some(&familiar), &facts())
        .await
        .unwrap();
    let foreign = counter.ask_from("eve", Some(&familiar), &facts()).await;
    foreign.unwrap();
}
