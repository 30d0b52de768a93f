//! Seals of the trail, whoever writes.

use super::*;

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
