//! One unit of work of the admin plane: its changes, its announcements and its record belong
//! together and are committed together.

use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::{AuditEvent, Id, Realm, Timestamp, Watermark};
use gatelodge_ports::store::{Change, Message};
use gatelodge_ports::{StoreError, UnitOfWork};

use crate::Foundation;
use crate::foundation::Announcements;

/// An open unit with what it will announce.
pub(crate) struct Work<'house> {
    foundation: &'house Foundation,
    /// The unit.
    pub(crate) unit: Box<dyn UnitOfWork>,
    /// What it announces.
    pub(crate) announcements: Announcements,
    /// The time of all of it.
    pub(crate) now: Timestamp,
}

impl<'house> Work<'house> {
    /// Opens a unit. Hashing, sealing and events belong before this.
    pub(crate) async fn open(
        foundation: &'house Foundation,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            foundation,
            unit: foundation.store.write().await?,
            announcements: Announcements::new(),
            now,
        })
    }

    /// Announces a change.
    pub(crate) async fn note(&mut self, change: Change) -> Result<(), StoreError> {
        self.announcements
            .note(&mut *self.unit, change, self.now)
            .await
    }

    /// Puts a message into the outbox, if there is one.
    pub(crate) async fn post(&mut self, message: Option<&Message>) -> Result<(), StoreError> {
        self.announcements.post(&mut *self.unit, message).await
    }

    /// Voids every access token made for that owner until now.
    pub(crate) async fn raise(
        &mut self,
        realm: Id<Realm>,
        owner: WatermarkOwner,
    ) -> Result<(), StoreError> {
        let watermark = Watermark {
            realm,
            owner,
            not_before: self.now,
        };
        self.unit.revocations().raise(watermark).await?;
        self.note(Change::Raised(watermark)).await
    }

    /// Records, commits, and lets this process honour it before anybody is answered.
    pub(crate) async fn commit(mut self, events: &[AuditEvent]) -> Result<(), StoreError> {
        self.unit.audit().append(events).await?;
        self.unit.commit().await?;
        self.announcements.apply(self.foundation);
        Ok(())
    }
}
