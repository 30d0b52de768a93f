//! Browser sign-ins as an administrator sees them: listed, and ended.

use std::sync::Arc;

use gatelodge_domain::{AuditAction, Id, Session};
use gatelodge_ports::store::{Listed, PageRequest, SessionFilter};

use crate::Foundation;
use crate::admin::{AdminError, Permit, Refusal, SessionsRead, SessionsWrite, Work};
use crate::grants::end_session;

/// Lists and ends sessions.
pub struct AdministerSessions {
    foundation: Arc<Foundation>,
}

impl AdministerSessions {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// A page of sessions.
    pub async fn list(
        &self,
        permit: &Permit<SessionsRead>,
        filter: SessionFilter,
        page: PageRequest<Session>,
    ) -> Result<Listed<Session>, AdminError> {
        // Whose reach ends at groups asks person by person.
        permit.reach_owner(&self.foundation, filter.user).await?;
        let mut view = self.foundation.store.read().await?;
        Ok(view
            .sessions()
            .list(permit.realm_id(), filter, page)
            .await?)
    }

    /// One session.
    pub async fn get(
        &self,
        permit: &Permit<SessionsRead>,
        id: Id<Session>,
    ) -> Result<Session, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let found = view.sessions().find(permit.realm_id(), id).await?;
        drop(view);
        let owner = found.as_ref().map(|session| session.user);
        permit.reach_owner(&self.foundation, owner).await?;
        found.ok_or_else(|| no_session().into())
    }

    /// Ends one with its tokens and its refresh families without `offline_access`.
    pub async fn end(
        &self,
        permit: &Permit<SessionsWrite>,
        id: Id<Session>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        if permit.groups().is_some() {
            let mut view = foundation.store.read().await?;
            let found = view.sessions().find(permit.realm_id(), id).await?;
            drop(view);
            let owner = found.map(|session| session.user);
            permit.reach_owner(foundation, owner).await?;
        }
        let now = foundation.clock.now();
        let entry = permit.done(AuditAction::SessionEnded).on("session", id);
        let event = permit.event(foundation, entry, now).await?;
        let realm = permit.realm_id();
        let mut work = Work::open(foundation, now).await?;
        let unit = &mut *work.unit;
        if !end_session(unit, &mut work.announcements, realm, id, now).await? {
            return Err(no_session().into());
        }
        work.commit(&[event]).await?;
        Ok(())
    }
}

const fn no_session() -> Refusal {
    Refusal::not_found("there is no such session, or it has ended")
}
