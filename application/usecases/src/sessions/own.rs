//! What a person may do with their own sessions: see them, end one, end all.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{AuditAction, Id, Session, Subject, Timestamp};
use gatelodge_ports::store::{PageRequest, SessionFilter};

use super::SignedIn;
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::grants::end_session;
use crate::realms::ServedRealm;
use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// Sessions that are read or ended at once.
const BATCH: u16 = 200;

/// A person's own sessions.
pub struct OwnSessions {
    foundation: Arc<Foundation>,
}

impl OwnSessions {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// The live ones, this browser's first, then the youngest first; the oldest of very many
    /// are left out.
    pub async fn list(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        now: Timestamp,
    ) -> Result<Vec<Session>, Failure> {
        let mut sessions = self.unended(realm, me, now).await?;
        let settings = [&realm.realm.settings];
        sessions.retain(|session| session.is_live(now, Layers(&settings)));
        sessions
            .sort_by_key(|session| (session.id != me.session.id, core::cmp::Reverse(session.id)));
        Ok(sessions)
    }

    /// Ends one of them. Another person's is as good as none.
    pub async fn end(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        session: Id<Session>,
        request: &RequestFacts,
    ) -> Result<(), Error> {
        let mut view = self.foundation.store.read().await?;
        let found = view.sessions().find(realm.realm.id, session).await?;
        drop(view);
        if found.is_none_or(|found| found.user != me.user.id) {
            return Err(Denial::new(ErrorCode::NotFound, "there is no such session").into());
        }
        self.end_these(realm, me, &[session], request).await?;
        Ok(())
    }

    /// Ends all of them, this browser's too.
    pub async fn end_everywhere(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        request: &RequestFacts,
    ) -> Result<usize, Failure> {
        let mut ended = 0;
        loop {
            let now = self.foundation.clock.now();
            let sessions: Vec<_> = self
                .unended(realm, me, now)
                .await?
                .iter()
                .map(|session| session.id)
                .collect();
            let done = self.end_these(realm, me, &sessions, request).await?;
            ended += done;
            if done < usize::from(BATCH) {
                return Ok(ended);
            }
        }
    }

    async fn unended(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        now: Timestamp,
    ) -> Result<Vec<Session>, Failure> {
        let filter = SessionFilter {
            user: Some(me.user.id),
            live_at: Some(now),
        };
        let mut view = self.foundation.store.read().await?;
        let listed = view
            .sessions()
            .list(realm.realm.id, filter, PageRequest::first(BATCH))
            .await?;
        Ok(listed.items)
    }

    async fn end_these(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        sessions: &[Id<Session>],
        request: &RequestFacts,
    ) -> Result<usize, Failure> {
        let now = self.foundation.clock.now();
        let actor = AuditActor::Subject(Subject::User(me.user.id));
        let mut prepared = Vec::with_capacity(sessions.len());
        for session in sessions {
            let mut entry =
                Entry::done(realm.realm.id, actor, AuditAction::SignOut).on("session", *session);
            entry.session = Some(me.session.id);
            let event = self.foundation.recorder.event(entry, request, now).await?;
            prepared.push((*session, event));
        }
        let mut announcements = Announcements::new();
        let mut events = Vec::with_capacity(prepared.len());
        let mut unit = self.foundation.store.write().await?;
        for (session, event) in prepared {
            if end_session(&mut *unit, &mut announcements, realm.realm.id, session, now).await? {
                events.push(event);
            }
        }
        unit.audit().append(&events).await?;
        unit.commit().await?;
        announcements.apply(&self.foundation);
        Ok(events.len())
    }
}
