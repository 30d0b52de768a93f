//! A store that was given no seal key.

use std::sync::Arc;

use gatelodge_ports::Store;

use crate::fixture::{committed, seen};
use crate::samples;

/// Without a seal key everything works but the trail: an event that could not be sealed is
/// not taken.
pub async fn without_a_seal_key_nothing_is_appended(store: Arc<dyn Store>) {
    let realm = samples::realm();
    committed!(store, |unit| unit.realms().insert(&realm).await.unwrap());
    let mut unit = store.write().await.unwrap();
    let appended = unit.audit().append(&[samples::event(realm.id)]).await;
    let outcome = match appended {
        Ok(()) => unit.commit().await,
        refused => refused,
    };
    assert!(outcome.is_err());
    let events = seen!(store, |view| view.audit().since(0, 10).await.unwrap());
    assert_eq!(events, []);
}
