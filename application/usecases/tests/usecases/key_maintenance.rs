//! The rounds that keep a realm supplied with signing keys.

use core::time::Duration;

use gatelodge_domain::{KeyAlgorithm, Setting, SigningKey};

use crate::house::House;

async fn keys_of(house: &House, algorithm: KeyAlgorithm) -> Vec<SigningKey> {
    let mut view = house.foundation.store.read().await.unwrap();
    let mut keys = view.keys().list(house.realm.realm.id).await.unwrap();
    keys.retain(|key| key.algorithm == algorithm);
    keys
}

#[tokio::test]
async fn the_first_round_makes_keys_the_second_one_spares_and_the_third_one_nothing() {
    let house = House::new().await;
    for (active, spares) in [(1, 0), (1, 1), (1, 1)] {
        house.keys.run(&house.realm).await.unwrap();
        for algorithm in KeyAlgorithm::ALL {
            let keys = keys_of(&house, algorithm).await;
            let is_spare = |key: &&SigningKey| key.is_next();
            assert_eq!(keys.iter().filter(|key| key.is_active()).count(), active);
            assert_eq!(keys.iter().filter(is_spare).count(), spares);
        }
    }
}

#[tokio::test]
async fn a_worn_key_is_followed_by_its_spare_and_the_next_round_makes_another() {
    let house = House::new().await;
    for _ in 0..2 {
        house.keys.run(&house.realm).await.unwrap();
    }
    let spare = |keys: Vec<SigningKey>| {
        let found = keys.into_iter().find(SigningKey::is_next);
        found.map(|key| key.id)
    };
    let announced = spare(keys_of(&house, KeyAlgorithm::Es256).await);
    assert!(announced.is_some());
    let interval = house.realm.duration(Setting::KeyRotationInterval);
    house.clock.advance(interval + Duration::from_secs(1));
    house.keys.run(&house.realm).await.unwrap();
    let keys = keys_of(&house, KeyAlgorithm::Es256).await;
    let active = keys.iter().find(|key| key.is_active());
    assert_eq!(active.map(|key| key.id), announced);
    house.keys.run(&house.realm).await.unwrap();
    let next = spare(keys_of(&house, KeyAlgorithm::Es256).await);
    assert!(next.is_some() && next != announced);
}
