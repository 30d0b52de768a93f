//! The session behind a browser's cookie.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::setting::Layers;
use gatelodge_domain::{Session, Timestamp, User};

use crate::realms::ServedRealm;
use crate::sign_in::session_digest;
use crate::{Failure, Foundation};

/// A use is noted at most this often, so that reading pages costs no writes.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// A person who is signed in to this browser.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
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
        let realm_id = realm.realm.id;
        let digest =
            secret.and_then(|text| session_digest(&*self.foundation.vault, realm_id, text));
        let Some(digest) = digest else {
            return Ok(None);
        };
        let mut view = self.foundation.store.read().await?;
        let found = view.sessions().find_by_secret(realm_id, &digest).await?;
        drop(view);
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
        if session.seen_at.plus(TOUCH_EVERY) <= now {
            self.foundation.touches.note((realm_id, session.id, now));
        }
        Ok(Some(SignedIn { session, user }))
    }
}
