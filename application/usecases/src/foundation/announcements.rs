//! Changes of cached data: written to the feed inside the unit, applied to our own memory
//! after its commit and before the answer, so that the node that changed something honours it
//! at once and others within a second.

use gatelodge_domain::Timestamp;
use gatelodge_ports::store::Change;
use gatelodge_ports::{StoreError, UnitOfWork};

use super::Foundation;

/// What a unit of work changes.
#[derive(Debug, Default)]
#[must_use = "apply them after the commit"]
pub struct Announcements(Vec<Change>);

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
        self.0.push(change);
        unit.changes().announce(change, now).await
    }

    /// Applies them to this process. To be called after the commit.
    pub fn apply(self, foundation: &Foundation) {
        for change in self.0 {
            foundation.apply(change);
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
            // Sessions are read from the store at every use.
            Change::Session(..) => {}
            Change::Revoked(revocation) => self.revocations.add(revocation),
            Change::Raised(watermark) => self.revocations.raise(watermark),
        }
    }
}
