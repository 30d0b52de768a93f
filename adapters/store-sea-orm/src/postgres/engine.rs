//! The server engine as the store holds it.

use std::sync::{Arc, OnceLock};

use gatelodge_domain::SecretText;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{ConnectionFigures, SealKey};
use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::bell::{Bell, listen, ring_elsewhere};
use super::connect::Connect;
use super::pool::Pool;
use super::sealer::Sealer;
use super::transaction::{Purpose, Transaction};
use super::{connect, schema};
use crate::OpenError;
use crate::error;
use crate::store::{Notifications, PostgresOptions};

/// A pool on a runtime of its own, and the sealing job.
pub(crate) struct Engine {
    pool: Pool,
    seal_key: Arc<OnceLock<SealKey>>,
    bell: Bell,
    bells: [JoinHandle<()>; 2],
    sealing: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
    /// Last, so that it ends after what lives on it.
    _runtime: OwnRuntime,
}

impl Engine {
    /// Connects, runs pending steps, and starts the sealing job.
    pub(crate) async fn open(
        options: PostgresOptions,
        seal_key: Arc<OnceLock<SealKey>>,
        hint: Arc<Notify>,
    ) -> Result<Self, OpenError> {
        let PostgresOptions {
            url,
            migrate,
            max_connections,
            notifications,
        } = options;
        let runtime = OwnRuntime::start()?;
        let (listened, pooled) = (url.clone(), url.clone());
        let opened = runtime.spawn(async move {
            schema::migrate(url.expose(), gatelodge_migrations::steps(), migrate).await?;
            connect::pool(url.expose(), max_connections, Connect::Now).await
        })?;
        let database = opened
            .await
            .map_err(|e| OpenError::Unreachable(e.to_string()))??;
        let (stop, stopped) = oneshot::channel();
        let pool = Pool::new(database, pooled, max_connections, runtime.handle()?);
        let sealer = Sealer::new(pool.clone(), Arc::clone(&seal_key));
        let sealing = runtime.spawn(sealer.run(stopped))?;
        let bell = match notifications {
            Notifications::On => Bell::everywhere(hint),
            Notifications::Off => Bell::here(hint),
        };
        let bells = [
            runtime.spawn(ring_elsewhere(bell.clone(), pool.clone()))?,
            runtime.spawn(listening(notifications, bell.clone(), listened))?,
        ];
        Ok(Self {
            pool,
            seal_key,
            bell,
            bells,
            sealing: Mutex::new(Some((stop, sealing))),
            _runtime: runtime,
        })
    }

    /// Single statements.
    pub(crate) fn read(&self) -> Pool {
        self.pool.clone()
    }

    /// The connections of the pool.
    pub(crate) fn figures(&self) -> ConnectionFigures {
        self.pool.figures()
    }

    /// Reads of one moment.
    pub(crate) async fn read_consistent(&self) -> Result<Transaction, StoreError> {
        self.begin(Purpose::Moment).await
    }

    /// A unit of work.
    pub(crate) async fn write(&self) -> Result<Transaction, StoreError> {
        self.begin(Purpose::Write).await
    }

    async fn begin(&self, purpose: Purpose) -> Result<Transaction, StoreError> {
        let (seal_key, bell) = (Arc::clone(&self.seal_key), self.bell.clone());
        Transaction::begin(&self.pool, purpose, seal_key, bell).await
    }

    /// Seals what can be sealed and closes every connection.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        for task in &self.bells {
            task.abort();
        }
        let sealing = self.sealing.lock().take();
        if let Some((stop, sealing)) = sealing {
            // It may have ended by itself only together with the runtime.
            let _ = stop.send(());
            sealing
                .await
                .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        }
        let database = self.pool.database();
        let closed = self.pool.runtime().spawn(database.close());
        match closed.await {
            Ok(result) => result.map_err(error::from_postgres),
            Err(error) => Err(StoreError::Unavailable(Box::new(error))),
        }
    }
}

async fn listening(notifications: Notifications, bell: Bell, url: SecretText) {
    if notifications == Notifications::On {
        listen(bell, url).await;
    }
}

/// A runtime that may be dropped in async code, where tokio's own panics.
struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    fn start() -> Result<Self, OpenError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("storage")
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self(Some(runtime)))
    }

    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, StoreError> {
        Ok(self.handle()?.spawn(work))
    }

    fn handle(&self) -> Result<Handle, StoreError> {
        let runtime = self.0.as_ref().map(Runtime::handle).cloned();
        runtime.ok_or_else(|| StoreError::unavailable("the store is closed"))
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
