//! Units of work: all or nothing, and nobody's business before they commit.

use std::sync::Arc;

use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::samples;

/// What a unit wrote is there after its commit.
pub async fn commit_keeps(store: Arc<dyn Store>) {
    let realm = samples::realm();
    committed!(store, |unit| unit.realms().insert(&realm).await.unwrap());
    let found = seen!(store, |view| view.realms().find(realm.id).await.unwrap());
    assert_eq!(found, Some(realm));
}

/// What a dropped unit wrote never was, and its keys are free.
pub async fn drop_forgets(store: Arc<dyn Store>) {
    let (house, realm) = (House::build(&store).await, samples::realm());
    let mut unit = store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    let mut renamed = house.user.clone();
    renamed.username = samples::full_user(house.realm()).username;
    unit.users().update(&renamed).await.unwrap();
    assert!(
        unit.clients()
            .remove(house.realm(), house.client.id)
            .await
            .unwrap()
    );
    drop(unit);

    let (found, user, client, by_name) = seen!(store, |view| (
        view.realms().find(realm.id).await.unwrap(),
        view.users()
            .find(house.realm(), house.user.id)
            .await
            .unwrap(),
        view.clients()
            .find(house.realm(), house.client.id)
            .await
            .unwrap(),
        view.users()
            .find_by_username(house.realm(), renamed.username.key())
            .await
            .unwrap(),
    ));
    assert_eq!(found, None);
    assert_eq!(user, Some(house.user));
    assert_eq!(client, Some(house.client));
    assert_eq!(by_name, None);
    committed!(store, |unit| unit.realms().insert(&realm).await.unwrap());
}

/// Within a unit, what it wrote can be read, by every road.
pub async fn a_unit_reads_its_own_writes(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let user = samples::full_user(house.realm());
    let mut unit = store.write().await.unwrap();
    unit.users().insert(&user).await.unwrap();
    let realm = house.realm();
    assert_eq!(
        unit.users().find(realm, user.id).await.unwrap().as_ref(),
        Some(&user)
    );
    let by_name = unit
        .users()
        .find_by_username(realm, user.username.key())
        .await
        .unwrap();
    assert_eq!(by_name.as_ref(), Some(&user));
    assert!(unit.users().remove(realm, user.id).await.unwrap());
    assert_eq!(unit.users().find(realm, user.id).await.unwrap(), None);
    unit.users().insert(&user).await.unwrap();
    unit.commit().await.unwrap();
    let found = seen!(store, |view| view
        .users()
        .find(realm, user.id)
        .await
        .unwrap());
    assert_eq!(found, Some(user));
}

/// Readers see what was committed and nothing else, and do not wait for the writer.
pub async fn what_is_not_committed_is_invisible(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let user = samples::full_user(house.realm());
    let mut unit = store.write().await.unwrap();
    unit.users().insert(&user).await.unwrap();
    let mut changed = house.client.clone();
    changed.audiences = vec!["https://api.example".to_owned()];
    unit.clients().update(&changed).await.unwrap();

    let realm = house.realm();
    let look = |id| {
        let store = Arc::clone(&store);
        async move { seen!(store, |view| view.users().find(realm, id).await.unwrap()) }
    };
    assert_eq!(look(user.id).await, None);
    let name = user.username.key();
    let by_name = seen!(store, |view| view
        .users()
        .find_by_username(realm, name)
        .await
        .unwrap());
    assert_eq!(by_name, None);
    let client = seen!(store, |view| view
        .clients()
        .find(realm, changed.id)
        .await
        .unwrap());
    assert_eq!(client, Some(house.client));
    unit.commit().await.unwrap();
    assert_eq!(look(user.id).await, Some(user));
}

/// A unit that met a taken key can be dropped, and the next one is as good as ever.
pub async fn a_failed_unit_harms_nobody(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = samples::realm();
    let mut unit = store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    assert_is!(
        unit.users().insert(&house.user).await,
        Err(StoreError::Duplicate(_))
    );
    drop(unit);
    let found = seen!(store, |view| view.realms().find(realm.id).await.unwrap());
    assert_eq!(found, None);
    committed!(store, |unit| unit.realms().insert(&realm).await.unwrap());
}
