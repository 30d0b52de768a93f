//! Single statements outside of any transaction, run on the store's runtime; and the pool that
//! everything shares.
//!
//! Where the network is cut without a word, a connection that was in use is never heard of
//! again, and the driver, which looks at each that is given back, would look for as long as TCP
//! does: a quarter of an hour, with a place in the pool. So a call that is not answered in time
//! replaces the whole pool by a fresh one, which connects when it is asked to; what is given
//! back to the old one is closed.

use std::sync::Arc;
use std::time::Duration;

use gatelodge_domain::SecretText;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::ConnectionFigures;
use parking_lot::{Mutex, RwLock};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Statement};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};

use super::connect::{self, ANSWER, Connect};

/// The pool and the runtime that its connections live on.
#[derive(Clone)]
pub(crate) struct Pool {
    inner: Arc<Inner>,
    runtime: Handle,
}

struct Inner {
    current: RwLock<DatabaseConnection>,
    renewed: Mutex<Option<Instant>>,
    url: SecretText,
    connections: u32,
}

impl Pool {
    /// Over connections that are there; the rest is for when they have to be replaced.
    pub(super) fn new(
        database: DatabaseConnection,
        url: SecretText,
        connections: u32,
        runtime: Handle,
    ) -> Self {
        let inner = Inner {
            current: RwLock::new(database),
            renewed: Mutex::new(None),
            url,
            connections,
        };
        Self {
            inner: Arc::new(inner),
            runtime,
        }
    }

    /// The connections as of now. To be asked for anew for each unit of work.
    pub(super) fn database(&self) -> DatabaseConnection {
        self.inner.current.read().clone()
    }

    /// The connections as of now.
    pub(super) fn figures(&self) -> ConnectionFigures {
        let database = self.database();
        let pool = database.get_postgres_connection_pool();
        ConnectionFigures {
            open: u64::from(pool.size()),
            idle: pool.num_idle() as u64,
            most: u64::from(self.inner.connections),
        }
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, StoreError> {
        let database = self.database();
        self.run(async move { database.execute_raw(statement).await })
            .await
            .map(|result| result.rows_affected())
    }

    /// Runs a statement; its rows.
    pub(crate) async fn fetch(&self, statement: Statement) -> Result<Vec<QueryResult>, StoreError> {
        let database = self.database();
        self.run(async move { database.query_all_raw(statement).await })
            .await
    }

    /// Waits for the server, but not forever.
    pub(super) async fn answered<T>(
        &self,
        call: impl Future<Output = Result<T, sea_orm::DbErr>>,
    ) -> Result<T, StoreError> {
        match connect::answered(call).await {
            Some(result) => result,
            None => Err(self.unanswered()),
        }
    }

    /// The same for several calls together.
    pub(super) async fn within<T>(
        &self,
        time: Duration,
        calls: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match timeout(time, calls).await {
            Ok(result) => result,
            Err(_) => Err(self.unanswered()),
        }
    }

    fn unanswered(&self) -> StoreError {
        self.renew();
        StoreError::unavailable("the database does not answer")
    }

    /// Puts a fresh pool in the place of this one. Of many calls that went unanswered together
    /// the first one does it: whoever hears nothing within `ANSWER` of that had asked before.
    fn renew(&self) {
        let mut renewed = self.inner.renewed.lock();
        if renewed.is_some_and(|at| at.elapsed() < ANSWER) {
            return;
        }
        *renewed = Some(Instant::now());
        drop(renewed);
        let inner = Arc::clone(&self.inner);
        self.runtime.spawn(async move {
            let url = inner.url.expose();
            match connect::pool(url, inner.connections, Connect::Lazily).await {
                Ok(fresh) => {
                    let old = std::mem::replace(&mut *inner.current.write(), fresh);
                    // Ends when the last connection was given back; nobody waits for that.
                    let _ = old.close().await;
                }
                Err(error) => tracing::warn!(%error, "connections could not be replaced"),
            }
        });
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, sea_orm::DbErr>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let pool = self.clone();
        match self
            .runtime
            .spawn(async move { pool.answered(work).await })
            .await
        {
            Ok(result) => result,
            Err(error) => Err(StoreError::Unavailable(Box::new(error))),
        }
    }
}
