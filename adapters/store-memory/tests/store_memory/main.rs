//! The memory store keeps every promise of the suite.

use gatelodge_conformance::{Opened, store_suite};
use gatelodge_store_memory::MemoryStore;

async fn open() -> Opened {
    Opened::new(MemoryStore::new(), ())
}

store_suite!(open);
