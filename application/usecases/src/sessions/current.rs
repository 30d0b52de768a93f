//! The session behind a browser's cookie.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::setting::Layers;
use gatelodge_domain::{Digest, Session, Timestamp, User};

use crate::realms::ServedRealm;
use crate::sign_in::session_digest;
use crate::{Failure, Foundation};

/// A use is noted at most this often, so that reading pages costs no writes.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// A person who is signed in to this browser.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session.
    pub session: Arc<Session>,
    /// Who.
    pub user: Arc<User>,
}

/// Finds the session behind a cookie.
pub struct CurrentSession {
    foundation: Arc<Foundation>,
}

impl CurrentSession {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Who is signed in by that cookie secret, if the session is alive and the person may
    /// sign in still. Notes the use.
    pub async fn of(
        &self,
        realm: &ServedRealm,
        secret: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<SignedIn>, Failure> {
        let Some(digest) = self.digest(realm, secret) else {
            return Ok(None);
        };
        let directory = &self.foundation.directory;
        let found = directory.session_anew(realm.realm.id, &digest).await?;
        self.admitted(realm, found, now).await
    }

    /// The same, of a session that was perhaps read a while ago: for pages, and for what is
    /// written in a unit that looks at the session again.
    pub async fn likely(
        &self,
        realm: &ServedRealm,
        secret: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<SignedIn>, Failure> {
        let Some(digest) = self.digest(realm, secret) else {
            return Ok(None);
        };
        let directory = &self.foundation.directory;
        let mut found = directory.session(realm.realm.id, &digest).await?;
        if found
            .as_ref()
            .is_some_and(|session| is_to_be_touched(session, now))
        {
            // Perhaps it has been noted since that it is in use.
            found = directory.session_anew(realm.realm.id, &digest).await?;
        }
        self.admitted(realm, found, now).await
    }

    fn digest(&self, realm: &ServedRealm, secret: Option<&str>) -> Option<Digest> {
        session_digest(&*self.foundation.vault, realm.realm.id, secret?)
    }

    /// Who that session is of, if it is alive and the person may sign in still.
    async fn admitted(
        &self,
        realm: &ServedRealm,
        found: Option<Arc<Session>>,
        now: Timestamp,
    ) -> Result<Option<SignedIn>, Failure> {
        let realm_id = realm.realm.id;
        let settings = [&realm.realm.settings];
        let Some(session) = found.filter(|session| session.is_live(now, Layers(&settings))) else {
            return Ok(None);
        };
        let user = self
            .foundation
            .directory
            .user(realm_id, session.user)
            .await?;
        let Some(user) = user.filter(|user| user.can_authenticate(now).is_ok()) else {
            return Ok(None);
        };
        if is_to_be_touched(&session, now) {
            self.foundation.touches.note((realm_id, session.id, now));
        }
        Ok(Some(SignedIn { session, user }))
    }
}

fn is_to_be_touched(session: &Session, now: Timestamp) -> bool {
    session.seen_at.plus(TOUCH_EVERY) <= now
}
