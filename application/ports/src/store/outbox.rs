//! Messages that leave the house after commit: mail, webhooks, back-channel logout.

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm, Timestamp};

use crate::StoreError;

/// A message waiting to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Row id.
    pub id: Id<Message>,
    /// The realm.
    pub realm: Id<Realm>,
    /// Who sends it: `mail`, `webhook`, `backchannel_logout`, …
    pub channel: String,
    /// Versioned and sealed by the sender's use case.
    pub payload: Vec<u8>,
    /// How often it was tried.
    pub attempts: u32,
    /// Not to be tried before.
    pub due_at: Timestamp,
}

/// The outbox.
#[async_trait]
pub trait Outbox: Send {
    /// Adds a message, to be sent when the unit has committed.
    async fn enqueue(&mut self, message: &Message) -> Result<(), StoreError>;

    /// Takes at most `limit` due messages of a channel and pushes their `due_at` to `retry_at`,
    /// counting the try, so that two senders never take the same one at once.
    async fn take(
        &mut self,
        channel: &str,
        now: Timestamp,
        retry_at: Timestamp,
        limit: u16,
    ) -> Result<Vec<Message>, StoreError>;

    /// Removes a message that was sent or given up.
    async fn done(&mut self, id: Id<Message>) -> Result<(), StoreError>;

    /// Lets a message that was taken wait until then, where nobody has taken it since: its
    /// tries are still `attempts`. False where somebody has, or it is gone.
    async fn postpone(
        &mut self,
        id: Id<Message>,
        attempts: u32,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let _ = (id, attempts, due_at);
        Err(StoreError::Unsupported)
    }

    /// Removes at most `limit` messages of any channel that were due before then: nobody takes
    /// them any more.
    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let _ = (before, limit);
        Err(StoreError::Unsupported)
    }
}
