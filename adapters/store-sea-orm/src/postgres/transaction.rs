//! A transaction as a task on the store's runtime.
//!
//! The task owns the transaction and answers requests until it is told to commit, its caller is
//! gone, or the unit's deadline has passed; in the two latter cases it rolls back.

use std::sync::{Arc, OnceLock};

use gatelodge_ports::StoreError;
use gatelodge_ports::store::SealKey;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, IsolationLevel, QueryResult, Statement,
    TransactionTrait,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::bell::Bell;
use super::connect::DEADLINE;
use super::pool::Pool;

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A unit of work: READ COMMITTED, with a deadline.
    Write,
    /// One moment throughout: REPEATABLE READ, READ ONLY, without a deadline.
    Moment,
}

enum Request {
    Execute(Statement, oneshot::Sender<Result<u64, StoreError>>),
    Fetch(
        Statement,
        oneshot::Sender<Result<Vec<QueryResult>, StoreError>>,
    ),
    Commit(oneshot::Sender<Result<(), StoreError>>),
}

/// The caller's end of a transaction.
pub(crate) struct Transaction {
    requests: mpsc::Sender<Request>,
    seal_key: Arc<OnceLock<SealKey>>,
    bell: Bell,
    announced: bool,
}

impl Transaction {
    /// Begins one.
    pub(super) async fn begin(
        pool: &Pool,
        purpose: Purpose,
        seal_key: Arc<OnceLock<SealKey>>,
        bell: Bell,
    ) -> Result<Self, StoreError> {
        let (requests, inbox) = mpsc::channel(1);
        let (begun, answer) = oneshot::channel();
        let pool = pool.clone();
        let runtime = pool.runtime().clone();
        runtime.spawn(async move {
            let database = pool.database();
            let transaction = match purpose {
                Purpose::Write => pool.answered(database.begin()).await,
                Purpose::Moment => {
                    let isolation = Some(IsolationLevel::RepeatableRead);
                    let access = Some(AccessMode::ReadOnly);
                    pool.answered(database.begin_with_config(isolation, access))
                        .await
                }
            };
            match transaction {
                Ok(transaction) => {
                    // Where the caller is gone already, the inbox is closed and it ends at once.
                    let _ = begun.send(Ok(()));
                    serve(&pool, transaction, purpose, inbox).await;
                }
                Err(error) => {
                    let _ = begun.send(Err(error));
                }
            }
        });
        answer.await.map_err(|_| over())??;
        Ok(Self {
            requests,
            seal_key,
            bell,
            announced: false,
        })
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, StoreError> {
        self.ask(|reply| Request::Execute(statement, reply)).await
    }

    /// Runs a statement; its rows.
    pub(crate) async fn fetch(
        &mut self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, StoreError> {
        self.ask(|reply| Request::Fetch(statement, reply)).await
    }

    /// Commits. Once asked it runs to its end, whether anybody waits or not.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.ask(Request::Commit).await?;
        if self.announced {
            self.bell.ring();
        }
        Ok(())
    }

    /// Wakes the change feed's readers on this node when this is durable.
    pub(crate) fn note_change(&mut self) {
        self.announced = true;
    }

    /// Whether events may be appended: there is a key to seal them with.
    pub(crate) fn require_seal_key(&self) -> Result<(), StoreError> {
        match self.seal_key.get() {
            Some(_) => Ok(()),
            None => Err(StoreError::unavailable("no seal key was handed over")),
        }
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Request,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.requests
            .send(request(reply))
            .await
            .map_err(|_| over())?;
        answer.await.map_err(|_| over())?
    }
}

async fn serve(
    pool: &Pool,
    transaction: DatabaseTransaction,
    purpose: Purpose,
    mut inbox: mpsc::Receiver<Request>,
) {
    let deadline = Instant::now() + DEADLINE;
    let mut intact = true;
    loop {
        let request = match purpose {
            Purpose::Write => timeout_at(deadline, inbox.recv()).await.unwrap_or_default(),
            Purpose::Moment => inbox.recv().await,
        };
        match request {
            Some(Request::Execute(statement, reply)) => {
                let result = pool.answered(transaction.execute_raw(statement)).await;
                intact &= result.is_ok();
                let rows = result.map(|result| result.rows_affected());
                let _ = reply.send(rows);
            }
            Some(Request::Fetch(statement, reply)) => {
                let result = pool.answered(transaction.query_all_raw(statement)).await;
                intact &= result.is_ok();
                let _ = reply.send(result);
            }
            Some(Request::Commit(reply)) if intact => {
                let _ = reply.send(pool.answered(transaction.commit()).await);
                return;
            }
            // PostgreSQL would answer COMMIT after a failed statement with a silent rollback.
            Some(Request::Commit(reply)) => {
                undo(pool, transaction).await;
                let _ = reply.send(Err(StoreError::unavailable("a statement failed before")));
                return;
            }
            None => return undo(pool, transaction).await,
        }
    }
}

async fn undo(pool: &Pool, transaction: DatabaseTransaction) {
    if let Err(error) = pool.answered(transaction.rollback()).await {
        tracing::warn!(%error, "a transaction could not be rolled back; its connection is lost");
    }
}

fn over() -> StoreError {
    StoreError::unavailable("the unit of work is over: it failed or took too long")
}
