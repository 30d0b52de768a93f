//! Table `outbox`.

use gatelodge_domain::Timestamp;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::Message;

use super::cell;

table! {
    /// A row of `outbox`.
    "outbox" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        realm: Vec<u8>,
        channel: String,
        payload: Vec<u8>,
        attempts: i64,
        due_at: i64,
    }
}

impl Model {
    /// The row of a message.
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            id: cell::bytes_of(message.id),
            realm: cell::bytes_of(message.realm),
            channel: message.channel.clone(),
            payload: message.payload.clone(),
            attempts: i64::from(message.attempts),
            due_at: message.due_at.as_millis(),
        }
    }

    /// The message of this row.
    pub(crate) fn message(self) -> Result<Message, StoreError> {
        Ok(Message {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            channel: self.channel,
            payload: self.payload,
            attempts: cell::number(self.attempts)?,
            due_at: Timestamp::from_millis(self.due_at),
        })
    }
}
