//! The memory store keeps every promise of the suite, and one of its own.

use core::time::Duration;

use gatelodge_conformance::{Opened, samples, store_suite};
use gatelodge_ports::{Store, StoreError};
use gatelodge_store_memory::MemoryStore;

async fn open() -> Opened {
    Opened::new(MemoryStore::new(), ())
}

store_suite!(open);

/// The ports say that a late unit's turn is taken; here it is over even if nobody wants it.
#[tokio::test]
async fn a_late_unit_cannot_commit_even_if_nobody_waits() {
    let store = MemoryStore::new();
    let realm = samples::realm();
    let mut unit = store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_050)).await;
    assert!(matches!(
        unit.commit().await,
        Err(StoreError::Unavailable(_))
    ));
    let mut unit = store.write().await.unwrap();
    unit.realms().insert(&realm).await.unwrap();
    unit.commit().await.unwrap();
}
