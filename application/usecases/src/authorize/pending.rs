//! A request that waits for a person travels with them, sealed, in one parameter: an anonymous
//! GET writes nothing, and a reload, a second tab or another node change nothing.
//!
//! It bears when it began. That bounds its life, and tells a sign-in that was made for it from
//! an older one (`prompt=login`).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::{Setting, Timestamp};
use serde::{Deserialize, Serialize};

use crate::realms::ServedRealm;
use crate::{Failure, Foundation, Parameters};

const PREFIX: &str = "gl_pr_";
const VERSION: u8 = 1;

/// Which endpoint a request waits for; one cannot be taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingKind {
    /// The authorization endpoint.
    Authorize,
    /// The logout endpoint.
    Logout,
}

impl PendingKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Logout => "logout",
        }
    }
}

/// A request that waits.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Its parameters.
    pub parameters: Parameters,
    /// When it came first.
    pub began_at: Timestamp,
}

/// What opening a sealed request found.
#[derive(Debug)]
pub enum Opened {
    /// It is good.
    Good(Pending),
    /// It waited too long.
    Expired,
    /// We did not seal it, or not for this.
    Unknown,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    v: u8,
    at: i64,
    p: Vec<(String, String)>,
}

/// Seals and opens waiting requests.
pub struct PendingRequests {
    foundation: Arc<Foundation>,
}

impl PendingRequests {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Whether a value of `request` is a sealed request of ours rather than a request object
    /// of a client (OpenID Connect Core §6.1), which is a JWT.
    pub fn is_sealed(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Seals a request.
    pub fn seal(
        &self,
        realm: &ServedRealm,
        kind: PendingKind,
        pending: &Pending,
    ) -> Result<String, Failure> {
        let stored = Stored {
            v: VERSION,
            at: pending.began_at.as_millis(),
            p: pending.parameters.pairs().to_vec(),
        };
        let plain = serde_json::to_vec(&stored)?;
        let sealed = self.foundation.vault.seal(&place(realm, kind), &plain)?;
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Opens a sealed request.
    pub fn open(
        &self,
        realm: &ServedRealm,
        kind: PendingKind,
        text: &str,
        now: Timestamp,
    ) -> Opened {
        self.read(realm, kind, text)
            .map_or(Opened::Unknown, |pending| {
                let lifetime = realm.duration(Setting::PendingRequestLifetime);
                if now < pending.began_at.plus(lifetime) {
                    Opened::Good(pending)
                } else {
                    Opened::Expired
                }
            })
    }

    fn read(&self, realm: &ServedRealm, kind: PendingKind, text: &str) -> Option<Pending> {
        let sealed = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let plain = self
            .foundation
            .vault
            .open(&place(realm, kind), &sealed)
            .ok()?;
        let stored: Stored = serde_json::from_slice(plain.expose()).ok()?;
        (stored.v == VERSION).then_some(())?;
        Some(Pending {
            parameters: Parameters::new(stored.p).ok()?,
            began_at: Timestamp::from_millis(stored.at),
        })
    }
}

fn place(realm: &ServedRealm, kind: PendingKind) -> String {
    format!("{}|pending|{}|request", realm.realm.id, kind.as_str())
}
