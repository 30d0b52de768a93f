//! How a promise is run: a runtime, a fresh store, a time limit, an orderly end.

use core::any::Any;
use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::Digest;
use gatelodge_domain::audit::SealBody;
use gatelodge_ports::Store;
use gatelodge_ports::store::SealKey;

/// A fresh, empty store, and what must live as long as it does.
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    /// A folder, a database, a server: dropped after the store was closed.
    pub guard: Box<dyn Any>,
}

impl Opened {
    /// A store with its guard; `()` where it needs none.
    pub fn new(store: Arc<dyn Store>, guard: impl Any) -> Self {
        Self {
            store,
            guard: Box::new(guard),
        }
    }
}

/// A promise that is not answered by then hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// A stand-in for the HMAC of the audit data key: keyed by a prefix, which is enough where
/// nobody attacks.
pub fn seal_key() -> SealKey {
    Arc::new(|body: &SealBody| {
        let mut bytes = b"conformance seal key".to_vec();
        bytes.extend_from_slice(&body.to_bytes());
        Digest::sha256(&bytes)
    })
}

/// Runs one promise over a fresh store that has its seal key.
pub fn prove<Opening, Promise>(
    open: impl FnOnce() -> Opening,
    promise: impl FnOnce(Arc<dyn Store>) -> Promise,
) where
    Opening: Future<Output = Opened>,
    Promise: Future<Output = ()>,
{
    run(open, |store| {
        store.use_seal_key(seal_key());
        promise(store)
    });
}

/// Runs one promise over a fresh store that was given no seal key.
pub fn prove_unsealed<Opening, Promise>(
    open: impl FnOnce() -> Opening,
    promise: impl FnOnce(Arc<dyn Store>) -> Promise,
) where
    Opening: Future<Output = Opened>,
    Promise: Future<Output = ()>,
{
    run(open, promise);
}

fn run<Opening, Promise>(
    open: impl FnOnce() -> Opening,
    promise: impl FnOnce(Arc<dyn Store>) -> Promise,
) where
    Opening: Future<Output = Opened>,
    Promise: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        let opened = open().await;
        tokio::time::timeout(PATIENCE, promise(Arc::clone(&opened.store)))
            .await
            .expect("the promise is answered in time");
        opened.store.close().await.expect("the store closes");
        drop(opened.store);
        drop(opened.guard);
    });
}
