//! A browser sign-in (`sid`).

use crate::setting::Layers;
use crate::{Authentication, Digest, Id, Realm, Revision, Setting, Timestamp, User};

/// A browser's sign-in. The cookie holds a secret; only its digest is stored, and the `sid`
/// that tokens carry is the row id, which opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Row id, and `sid` as text.
    pub id: Id<Session>,
    /// The realm.
    pub realm: Id<Realm>,
    /// Who signed in.
    pub user: Id<User>,
    /// Digest of the cookie's secret; renewed at sign-in and step-up.
    pub secret: Digest,
    /// How and when they proved it.
    pub authentication: Authentication,
    /// Whether the person asked to stay signed in.
    pub persistence: Persistence,
    /// Address at sign-in, as shown to the person.
    pub address: Option<String>,
    /// User agent at sign-in, as shown to the person.
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to a minute or so.
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it was ended, if it was.
    pub ended_at: Option<Timestamp>,
    /// How often the row changed.
    pub revision: Revision,
}

/// Whether the person asked to stay signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Persistence {
    /// The cookie goes with the browser.
    #[default]
    BrowserSession,
    /// "Stay signed in".
    Remembered,
}

impl Session {
    /// Whether it still stands for a signed-in person.
    pub fn is_live(&self, now: Timestamp, settings: Layers<'_>) -> bool {
        let idle_end = self
            .seen_at
            .plus(settings.duration(Setting::SessionIdleLifetime));
        self.ended_at.is_none()
            && now < self.expires_at
            && (self.persistence == Persistence::Remembered || now < idle_end)
    }

    /// When a session that begins now ends at the latest.
    pub fn end_for(persistence: Persistence, now: Timestamp, settings: Layers<'_>) -> Timestamp {
        now.plus(settings.duration(match persistence {
            Persistence::BrowserSession => Setting::SessionAbsoluteLifetime,
            Persistence::Remembered => Setting::SessionRememberedLifetime,
        }))
    }
}
