//! Seals the trail within a second of its events, on one node at a time.
//!
//! Positions are drawn from a sequence, so a lower one may commit after a higher one. What may
//! be sealed is bounded in two looks. The first reads the highest visible position `p` and then
//! takes a new transaction id `x`. Whoever drew a position up to `p` had a transaction id by then
//! (the column's default sees to it that the id comes first), and it is below `x`. So once every
//! transaction below `x` has ended (`pg_snapshot_xmin` has reached it), nothing up to `p` can
//! appear any more, and a seal over it stays true. An advisory lock of the sealing transaction
//! lets one node seal at a time.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gatelodge_domain::audit::SealBody;
use gatelodge_domain::{Digest, Seal};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::SealKey;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, QueryResult, Statement, TransactionTrait,
    Value,
};
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::connect::ANSWER;
use super::pool::Pool;
use crate::error;
use crate::seal_log::SealLog;

/// Twice a second, because a position is bounded by one look and sealed by the next.
const EVERY: Duration = Duration::from_millis(500);
/// Events of one seal, at most.
const MOST: i64 = 10_000;
const LOCK: i64 = 0x6761_7465_7365_616c;

/// The sealing job of this node.
pub(super) struct Sealer {
    pool: Pool,
    seal_key: Arc<OnceLock<SealKey>>,
    settling: Option<Boundary>,
    log: SealLog,
}

/// Positions up to `position` are complete once every transaction below `transaction` has ended.
#[derive(Debug, Clone, Copy)]
struct Boundary {
    position: i64,
    transaction: i64,
}

impl Sealer {
    pub(super) fn new(pool: Pool, seal_key: Arc<OnceLock<SealKey>>) -> Self {
        Self {
            pool,
            seal_key,
            settling: None,
            log: SealLog::default(),
        }
    }

    /// Seals until told to stop, and then once more what can be.
    pub(super) async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let mut clock = interval(EVERY);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            let stopping = tokio::select! {
                _ = clock.tick() => false,
                _ = &mut stop => true,
            };
            match self.look_in_time().await {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!("the audit trail is sealed again");
                }
                // Said once: it comes twice a second.
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "the audit trail could not be sealed; trying again");
                }
                Ok(()) | Err(_) => {}
            }
            if stopping {
                // What this look has bounded.
                let _ = self.look_in_time().await;
                return;
            }
        }
    }

    /// A look does a handful of short statements; over a wire that was cut it would never end.
    async fn look_in_time(&mut self) -> Result<(), StoreError> {
        let pool = self.pool.clone();
        pool.within(ANSWER, self.look()).await
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let Some(key) = self.seal_key.get().map(Arc::clone) else {
            return Ok(());
        };
        if let Some(boundary) = self.settling
            && self.seal_up_to(boundary, &key).await?
        {
            self.settling = None;
        }
        if self.settling.is_none() {
            self.settling = self.bound().await?;
        }
        Ok(())
    }

    /// True when nothing is left to seal up to there.
    async fn seal_up_to(&mut self, to: Boundary, key: &SealKey) -> Result<bool, StoreError> {
        let database = self.pool.database();
        let transaction = self.pool.answered(database.begin()).await?;
        let locked = format!("SELECT pg_try_advisory_xact_lock({LOCK})");
        let held: bool = one(&transaction, &locked, []).await?.unwrap_or(false);
        let settled = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= $1";
        let settled = held
            && one(&transaction, settled, [to.transaction.into()])
                .await?
                .unwrap_or(false);
        if !settled {
            transaction.rollback().await.map_err(error::from_postgres)?;
            return Ok(false);
        }
        let previous = last_seal(&transaction).await?;
        let after = previous.as_ref().map_or(0, |seal| seal.last.cast_signed());
        let events = unsealed(&transaction, after, to.position).await?;
        let Some(body) = SealBody::over(previous.as_ref(), &events) else {
            transaction.rollback().await.map_err(error::from_postgres)?;
            return Ok(true);
        };
        let seal = body.authenticated(key(&body));
        transaction
            .execute_raw(insert(&seal))
            .await
            .map_err(error::from_postgres)?;
        transaction.commit().await.map_err(error::from_postgres)?;
        self.log.note(&seal, Instant::now());
        Ok(seal.last.cast_signed() >= to.position)
    }

    async fn bound(&self) -> Result<Option<Boundary>, StoreError> {
        let database = self.pool.database();
        let position: Option<i64> = one(
            &database,
            "SELECT max(position) FROM audit_events WHERE position > \
             (SELECT coalesce(max(last_position), 0) FROM audit_seals)",
            [],
        )
        .await?;
        let Some(position) = position else {
            return Ok(None);
        };
        // A statement of its own, after the look at the positions.
        let id = "SELECT pg_current_xact_id()::text::bigint";
        let transaction: Option<i64> = one(&database, id, []).await?;
        Ok(transaction.map(|transaction| Boundary {
            position,
            transaction,
        }))
    }
}

async fn one<T: sea_orm::TryGetable, const N: usize>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Option<T>, StoreError> {
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    match connection
        .query_one_raw(statement)
        .await
        .map_err(error::from_postgres)?
    {
        Some(row) => row
            .try_get_by_index::<Option<T>>(0)
            .map_err(error::undecodable),
        None => Ok(None),
    }
}

async fn unsealed(
    transaction: &DatabaseTransaction,
    after: i64,
    to: i64,
) -> Result<Vec<(u64, Digest)>, StoreError> {
    let statement = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT position, digest FROM audit_events WHERE position > $1 AND position <= $2 \
         ORDER BY position LIMIT $3",
        [after.into(), to.into(), MOST.into()],
    );
    let rows = transaction
        .query_all_raw(statement)
        .await
        .map_err(error::from_postgres)?;
    rows.iter()
        .map(|row| Ok((number(row, "position")?, digest(row, "digest")?)))
        .collect()
}

async fn last_seal(transaction: &DatabaseTransaction) -> Result<Option<Seal>, StoreError> {
    let statement = Statement::from_string(
        DbBackend::Postgres,
        "SELECT * FROM audit_seals ORDER BY number DESC LIMIT 1",
    );
    let row = transaction
        .query_one_raw(statement)
        .await
        .map_err(error::from_postgres)?;
    row.as_ref().map(read_seal).transpose()
}

fn read_seal(row: &QueryResult) -> Result<Seal, StoreError> {
    Ok(Seal {
        number: number(row, "number")?,
        first: number(row, "first_position")?,
        last: number(row, "last_position")?,
        count: u32::try_from(number(row, "event_count")?).map_err(error::undecodable)?,
        root: digest(row, "root")?,
        previous: digest(row, "previous")?,
        mac: digest(row, "mac")?,
    })
}

fn number(row: &QueryResult, column: &str) -> Result<u64, StoreError> {
    let number: i64 = row.try_get_by(column).map_err(error::undecodable)?;
    u64::try_from(number).map_err(error::undecodable)
}

fn digest(row: &QueryResult, column: &str) -> Result<Digest, StoreError> {
    let bytes: Vec<u8> = row.try_get_by(column).map_err(error::undecodable)?;
    Digest::try_from_slice(&bytes).map_err(error::undecodable)
}

fn insert(seal: &Seal) -> Statement {
    let bytes = |digest: &Digest| Value::from(digest.as_bytes().to_vec());
    Statement::from_sql_and_values(
        DbBackend::Postgres,
        "INSERT INTO audit_seals (number, first_position, last_position, event_count, root, \
         previous, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            seal.number.cast_signed().into(),
            seal.first.cast_signed().into(),
            seal.last.cast_signed().into(),
            i64::from(seal.count).into(),
            bytes(&seal.root),
            bytes(&seal.previous),
            bytes(&seal.mac),
        ],
    )
}
