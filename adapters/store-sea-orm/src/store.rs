//! The store: one type over either engine.

use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use gatelodge_domain::SecretBytes;
use gatelodge_ports::store::{ChangeFeed, Ending, SealKey, StoreFigures, Work};
use gatelodge_ports::{Snapshot, Store, StoreError, UnitOfWork};
use tokio::sync::{Notify, oneshot};
use tracing::{Instrument as _, Span, trace_span};

use crate::executor::Executor;
use crate::schema::Migrate;
use crate::view::{Read, View, Write};
use crate::{OpenError, postgres, sqlite};

/// How long a reader of the change feed waits without a hint.
const POLL: Duration = Duration::from_millis(250);

/// How to open a SQLite file.
#[derive(Debug)]
pub struct SqliteOptions {
    /// The file; made where it is missing, its folder is not.
    pub path: PathBuf,
    /// The raw database key, exactly 32 bytes; with one the file is encrypted (SQLCipher).
    pub key: Option<SecretBytes>,
    /// Whether pending migration steps are run.
    pub migrate: Migrate,
}

/// How to reach a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database?…`, as libpq reads it; secret.
    pub url: gatelodge_domain::SecretText,
    /// Whether pending migration steps are run.
    pub migrate: Migrate,
    /// How many connections the pool may hold.
    pub max_connections: u32,
    /// Whether nodes wake each other.
    pub notifications: Notifications,
}

/// Whether nodes wake each other by LISTEN and NOTIFY when something changed; without, each
/// finds it out by polling four times a second. A pooler in transaction mode does not know
/// LISTEN. It takes one connection more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notifications {
    /// They do.
    On,
    /// They poll only.
    Off,
}

/// Everything durable, in a SQLite file or on a PostgreSQL server.
pub struct SeaOrmStore {
    engine: Engine,
    seal_key: Arc<OnceLock<SealKey>>,
    feed: Feed,
}

enum Engine {
    Sqlite(sqlite::Engine),
    Postgres(postgres::Engine),
}

impl Engine {
    /// What OpenTelemetry calls it.
    fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }
}

impl SeaOrmStore {
    /// Opens a SQLite file, encrypted where a key is given, and brings its schema up to date.
    pub async fn open_sqlite(options: SqliteOptions) -> Result<Arc<Self>, OpenError> {
        let source = sqlite::Source::new(&options.path, options.key)?;
        sqlite::migrate(&source, gatelodge_migrations::steps(), options.migrate).await?;
        let (seal_key, feed) = (Arc::default(), Feed::default());
        let engine = sqlite::Engine::open(&source, Arc::clone(&seal_key), feed.hint())?;
        Ok(Self::over(Engine::Sqlite(engine), seal_key, feed))
    }

    /// Connects to PostgreSQL and brings its schema up to date.
    pub async fn open_postgres(options: PostgresOptions) -> Result<Arc<Self>, OpenError> {
        let (seal_key, feed) = (Arc::default(), Feed::default());
        let engine = postgres::Engine::open(options, Arc::clone(&seal_key), feed.hint()).await?;
        Ok(Self::over(Engine::Postgres(engine), seal_key, feed))
    }

    /// The span of something that a unit waits for; a part of the trace around it.
    fn span_of_wait(&self) -> Span {
        trace_span!(target: "gatelodge_trace", "storage wait", db.system.name = self.engine.name())
    }

    fn over(engine: Engine, seal_key: Arc<OnceLock<SealKey>>, feed: Feed) -> Arc<Self> {
        Arc::new(Self {
            engine,
            seal_key,
            feed,
        })
    }
}

#[async_trait]
impl Store for SeaOrmStore {
    async fn read(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let executor = match &self.engine {
            Engine::Sqlite(engine) => Executor::SqliteReader(engine.read()),
            Engine::Postgres(engine) => Executor::PostgresPool(engine.read()),
        };
        Ok(Box::new(View::<Read>::over(executor)))
    }

    async fn read_consistent(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let executor = match &self.engine {
            Engine::Sqlite(engine) => Executor::SqliteReader(engine.read_consistent()?),
            Engine::Postgres(engine) => {
                Executor::PostgresTransaction(engine.read_consistent().await?)
            }
        };
        Ok(Box::new(View::<Read>::over(executor)))
    }

    async fn write(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let executor = match &self.engine {
            Engine::Sqlite(engine) => {
                let turn = engine.write().instrument(self.span_of_wait());
                Executor::SqliteUnit(turn.await?)
            }
            Engine::Postgres(engine) => {
                let begun = engine.write().instrument(self.span_of_wait());
                Executor::PostgresTransaction(begun.await?)
            }
        };
        Ok(Box::new(View::<Write>::over(executor)))
    }

    async fn carry_out(&self, work: Work) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(engine) => {
                let wait = self.span_of_wait();
                if wait.is_disabled() {
                    return engine.carry_out(work).await;
                }
                traced(wait, work, |work| engine.carry_out(work)).await
            }
            Engine::Postgres(engine) => {
                let transaction = engine.write().instrument(self.span_of_wait()).await?;
                let mut unit = View::<Write>::over(Executor::PostgresTransaction(transaction));
                match work(&mut unit).await {
                    Ending::Commit => unit.executor.commit().instrument(span_of_commit()).await,
                    Ending::Undo => Ok(()),
                }
            }
        }
    }

    fn change_feed(&self) -> &dyn ChangeFeed {
        &self.feed
    }

    fn use_seal_key(&self, key: SealKey) {
        // Called once; a second key is not taken, because seals must go on under the first.
        let _ = self.seal_key.set(key);
    }

    fn figures(&self) -> StoreFigures {
        match &self.engine {
            Engine::Sqlite(engine) => StoreFigures {
                batches: Some(engine.figures()),
                connections: None,
            },
            Engine::Postgres(engine) => StoreFigures {
                batches: None,
                connections: Some(engine.figures()),
            },
        }
    }

    async fn close(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close().await,
        }
    }
}

impl Snapshot for View<Read> {}

#[async_trait]
impl UnitOfWork for View<Write> {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.executor.commit().instrument(span_of_commit()).await
    }
}

/// Wakes at commits of this process that announced a change, and four times a second for what
/// others did.
#[derive(Default)]
struct Feed {
    hint: Arc<Notify>,
}

impl Feed {
    fn hint(&self) -> Arc<Notify> {
        Arc::clone(&self.hint)
    }
}

#[async_trait]
impl ChangeFeed for Feed {
    async fn wait(&self) {
        // A hint or the time: either way it is worth a look.
        let _ = tokio::time::timeout(POLL, self.hint.notified()).await;
    }
}

/// The span of a unit's way onto the disk.
fn span_of_commit() -> Span {
    trace_span!(target: "gatelodge_trace", "storage commit")
}

/// Has work carried out elsewhere and tells from here, where the trace is, until when it waited
/// and how long it took from there to be durable.
async fn traced<F>(
    wait: Span,
    work: Work,
    carry_out: impl FnOnce(Work) -> F,
) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let (begins, begun) = oneshot::channel();
    let mut begun = pin!(begun);
    let mut carried = pin!(carry_out(Box::new(move |unit| {
        // Whoever waited may be gone.
        let _ = begins.send(());
        work(unit)
    })));
    let early = poll_fn(|context| match carried.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => begun.as_mut().poll(context).map(|_| None),
    });
    let early = early.instrument(wait).await;
    let commit = span_of_commit();
    match early {
        Some(outcome) => outcome,
        None => carried.instrument(commit).await,
    }
}
