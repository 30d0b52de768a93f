//! Signing keys, data keys, and facts about the store.

use std::sync::Arc;

use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_domain::{Revision, SigningKey};
use gatelodge_ports::store::{Duplicate, WrappedDataKey};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::paging::shuffled;
use crate::samples::{self, NOW, TEXTS, at};

/// Keys of every algorithm and state come back as they went in, by row id, and from no other
/// realm.
pub async fn signing_keys_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let keys = samples::signing_keys(house.realm());
    committed!(store, |unit| for key in shuffled(keys.clone()) {
        unit.keys().insert(&key).await.unwrap();
    });
    let (listed, foreign) = seen!(store, |view| (
        view.keys().list(house.realm()).await.unwrap(),
        view.keys().list(other.realm()).await.unwrap(),
    ));
    assert_eq!((&listed, foreign), (&keys, Vec::new()));
    for key in keys {
        let (found, foreign) = seen!(store, |view| (
            view.keys().find(house.realm(), key.id).await.unwrap(),
            view.keys().find(other.realm(), key.id).await.unwrap(),
        ));
        assert_eq!((found, foreign), (Some(key), None));
    }
}

/// An update writes the state and nothing else; a removed key loses its private half.
pub async fn a_signing_key_changes_its_state_only(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let key = samples::signing_key(house.realm());
    committed!(store, |unit| unit.keys().insert(&key).await.unwrap());
    let state = KeyState::Active { since: at(1) };
    let other = samples::signing_keys(house.realm()).remove(1);
    let asked = SigningKey {
        id: key.id,
        state,
        revision: key.revision,
        ..other
    };
    let active = committed!(store, |unit| unit.keys().update(&asked).await.unwrap());
    assert_eq!(
        active,
        SigningKey {
            state,
            revision: Revision(2),
            ..key.clone()
        }
    );

    let state = KeyState::Removed {
        since: at(2),
        reason: RemovalReason::Compromised,
    };
    let asked = SigningKey {
        state,
        ..active.clone()
    };
    let removed = committed!(store, |unit| unit.keys().update(&asked).await.unwrap());
    let expected = SigningKey {
        state,
        revision: Revision(3),
        sealed_private: Vec::new(),
        ..key.clone()
    };
    assert_eq!(removed, expected);
    let found = seen!(store, |view| view
        .keys()
        .find(key.realm, key.id)
        .await
        .unwrap());
    assert_eq!(found, Some(expected));
}

/// Whoever read an older revision is refused, so two nodes cannot both rotate.
pub async fn a_stale_signing_key_is_refused(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let key = samples::signing_key(house.realm());
    committed!(store, |unit| unit.keys().insert(&key).await.unwrap());
    committed!(store, |unit| unit.keys().update(&key).await.unwrap());
    for key in [key, samples::signing_key(house.realm())] {
        let mut unit = store.write().await.unwrap();
        assert_is!(unit.keys().update(&key).await, Err(StoreError::Stale));
    }
}

/// Data keys are listed by purpose and version; one can be wrapped anew, none added twice.
pub async fn data_keys_are_kept_by_purpose_and_version(store: Arc<dyn Store>) {
    let keys: Vec<WrappedDataKey> = DataKeyPurpose::ALL
        .into_iter()
        .flat_map(|purpose| [1, 2, 10].map(|version| (purpose, version)))
        .map(|(purpose, version)| WrappedDataKey {
            purpose,
            version,
            wrapped: vec![0, 255, u8::try_from(version).unwrap()],
            created_at: at(i64::from(version)),
        })
        .collect();
    committed!(store, |unit| for key in shuffled(keys.clone()) {
        unit.data_keys().insert(&key).await.unwrap();
    });
    let mut listed = seen!(store, |view| view.data_keys().list().await.unwrap());
    // Whether purposes are ordered by rank or by name is the store's own business.
    listed.sort_by_key(|key| key.purpose);
    assert_eq!(listed, keys);

    let mut unit = store.write().await.unwrap();
    let answer = unit.data_keys().insert(&keys[0]).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::Key)));
    drop(unit);
    let rewrapped = WrappedDataKey {
        wrapped: vec![9; 60],
        created_at: NOW,
        ..keys[1].clone()
    };
    committed!(store, |unit| unit
        .data_keys()
        .rewrap(&rewrapped)
        .await
        .unwrap());
    let mut listed = seen!(store, |view| view.data_keys().list().await.unwrap());
    listed.sort_by_key(|key| key.purpose);
    let mut expected = keys;
    expected[1].wrapped = vec![9; 60];
    assert_eq!(listed, expected);
}

/// A fact is written once by `insert`, over and over by `put`; any name and any bytes will do.
pub async fn facts_are_kept_by_name(store: Arc<dyn Store>) {
    let value: Vec<u8> = (0..=255).collect();
    for name in TEXTS {
        committed!(store, |unit| unit
            .system()
            .insert(name, &value)
            .await
            .unwrap());
        let found = seen!(store, |view| view.system().find(name).await.unwrap());
        assert_eq!(found.as_ref(), Some(&value), "{name:?}");
        let mut unit = store.write().await.unwrap();
        let answer = unit.system().insert(name, &[]).await;
        assert_is!(answer, Err(StoreError::Duplicate(_)));
        drop(unit);
        committed!(store, |unit| unit.system().put(name, &[]).await.unwrap());
        let found = seen!(store, |view| view.system().find(name).await.unwrap());
        assert_eq!(found, Some(Vec::new()), "{name:?}");
    }
    committed!(store, |unit| unit.system().put("new", b"1").await.unwrap());
    let (new, unknown) = seen!(store, |view| (
        view.system().find("new").await.unwrap(),
        view.system().find("New").await.unwrap(),
    ));
    assert_eq!((new.as_deref(), unknown), (Some(b"1".as_slice()), None));
}
