//! Wakes the readers of the change feed, here and on other nodes.
//!
//! A notification carries nothing and nothing depends on it: whoever misses one finds the change
//! at the next poll, a quarter of a second later. It is sent after the commit and not within
//! it, because NOTIFY in a transaction takes a lock of the whole cluster until the COMMIT is
//! durable; several commits share one. Only units that announce a change ring: administrative
//! changes and revocations, never what issues or refreshes tokens.
//!
//! LISTEN needs a session of its own, which a pooler in transaction mode does not give; there
//! it is switched off.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use gatelodge_domain::SecretText;
use sea_orm::ConnectionTrait as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::pool::Pool;

const CHANNEL: &str = "gatelodge_changes";
const NOTIFY: &str = "SELECT pg_notify('gatelodge_changes', '')";
/// Between two notifications; a crowd of changes is one.
const PAUSE: Duration = Duration::from_millis(10);
/// Between two tries to listen.
const AGAIN: Duration = Duration::from_secs(1);

/// What a unit rings when its announced changes are durable.
#[derive(Clone)]
pub(super) struct Bell {
    here: Arc<Notify>,
    elsewhere: Option<Arc<Notify>>,
}

impl Bell {
    /// One that is heard in this process only.
    pub(super) fn here(hint: Arc<Notify>) -> Self {
        Self {
            here: hint,
            elsewhere: None,
        }
    }

    /// One that is heard on every node, while [`ring_elsewhere`] runs.
    pub(super) fn everywhere(hint: Arc<Notify>) -> Self {
        Self {
            here: hint,
            elsewhere: Some(Arc::default()),
        }
    }

    pub(super) fn ring(&self) {
        self.here.notify_waiters();
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.notify_one();
        }
    }
}

/// Sends notifications for as long as it is let.
pub(super) async fn ring_elsewhere(bell: Bell, pool: Pool) {
    let Some(elsewhere) = bell.elsewhere else {
        return;
    };
    loop {
        elsewhere.notified().await;
        // Unsent is as good as unheard: the others poll.
        let database = pool.database();
        if let Err(error) = pool.answered(database.execute_unprepared(NOTIFY)).await {
            tracing::debug!(%error, "other nodes were not notified");
        }
        sleep(PAUSE).await;
    }
}

/// Listens for as long as it is let, and connects again whenever the connection is lost.
pub(super) async fn listen(bell: Bell, url: SecretText) {
    let mut deaf = false;
    loop {
        let Err(error) = hear(&bell.here, &url).await;
        // Said once in a row.
        if !deaf {
            tracing::warn!(%error, "notifications are not heard; changes are polled for");
        }
        deaf = true;
        sleep(AGAIN).await;
    }
}

/// Listens on one connection until it is lost.
async fn hear(
    hint: &Notify,
    url: &SecretText,
) -> Result<core::convert::Infallible, sea_orm::sqlx::Error> {
    let options = PgConnectOptions::from_str(url.expose())?.application_name("gatelodge listener");
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(super::connect::ACQUIRE)
        .connect_with(options)
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    // Whatever came while nobody listened. A permit is kept for a reader who is at work.
    hint.notify_one();
    loop {
        if listener.try_recv().await?.is_none() {
            tracing::debug!("the listening connection was lost");
        }
        hint.notify_one();
    }
}
