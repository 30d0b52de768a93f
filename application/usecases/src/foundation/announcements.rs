//! Changes of cached data: written to the feed inside the unit, applied to our own memory
//! after its commit and before the answer, so that the node that changed something honours it
//! at once and others within a second. Messages for the outbox go the same way: posted inside the
//! unit, and whoever sends them is woken after its commit.

use gatelodge_domain::Timestamp;
use gatelodge_ports::store::{Change, Message};
use gatelodge_ports::{StoreError, UnitOfWork};

use super::Foundation;

/// What a unit of work changes.
#[derive(Debug, Default)]
#[must_use = "apply them after the commit"]
pub struct Announcements {
    changes: Vec<Change>,
    posted: bool,
}

impl Announcements {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a change to the feed and remembers it.
    pub async fn note(
        &mut self,
        unit: &mut (dyn UnitOfWork + '_),
        change: Change,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.changes.push(change);
        unit.changes().announce(change, now).await
    }

    /// Puts a message into the outbox, if there is one: a house that cannot send composes none.
    pub async fn post(
        &mut self,
        unit: &mut (dyn UnitOfWork + '_),
        message: Option<&Message>,
    ) -> Result<(), StoreError> {
        let Some(message) = message else {
            return Ok(());
        };
        self.posted = true;
        unit.outbox().enqueue(message).await
    }

    /// Applies them to this process. To be called after the commit.
    pub fn apply(self, foundation: &Foundation) {
        for change in self.changes {
            foundation.apply(change);
        }
        if self.posted {
            foundation.mail.ring();
        }
    }
}

impl Foundation {
    /// Forgets what a change made untrue, and learns what it says.
    pub fn apply(&self, change: Change) {
        match change {
            Change::Realm(id) => {
                self.directory.drop_realm(id);
                self.recorder.forget_realm(id);
            }
            Change::Keys(realm) => self.key_rings.drop_realm(realm),
            Change::Client(realm, id) => self.directory.drop_client(realm, id),
            Change::User(realm, id) => {
                self.directory.drop_user(realm, id);
                // Their key may have been destroyed; nobody may go on opening with a copy.
                self.recorder.forget(realm, id);
            }
            Change::Session(realm, id) => self.directory.drop_session(realm, id),
            Change::Revoked(revocation) => self.revocations.add(revocation),
            Change::Raised(watermark) => self.revocations.raise(watermark),
        }
    }
}
