//! Single statements outside of any transaction, run on the store's runtime.

use gatelodge_ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Statement};
use tokio::runtime::Handle;

use crate::error;

/// The pool and the runtime that its connections live on.
#[derive(Clone)]
pub(crate) struct Pool {
    database: DatabaseConnection,
    runtime: Handle,
}

impl Pool {
    pub(super) fn new(database: DatabaseConnection, runtime: Handle) -> Self {
        Self { database, runtime }
    }

    pub(super) fn database(&self) -> &DatabaseConnection {
        &self.database
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, StoreError> {
        let database = self.database.clone();
        self.run(async move { database.execute_raw(statement).await })
            .await
            .map(|result| result.rows_affected())
    }

    /// Runs a statement; its rows.
    pub(crate) async fn fetch(&self, statement: Statement) -> Result<Vec<QueryResult>, StoreError> {
        let database = self.database.clone();
        self.run(async move { database.query_all_raw(statement).await })
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, sea_orm::DbErr>> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.runtime.spawn(work).await {
            Ok(result) => result.map_err(error::from_postgres),
            Err(error) => Err(StoreError::Unavailable(Box::new(error))),
        }
    }
}
