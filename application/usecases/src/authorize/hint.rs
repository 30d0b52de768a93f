//! `id_token_hint`: an ID token of ours as a hint about who is meant (OpenID Connect Core
//! §3.1.2.1, RP-Initiated Logout §2). It must be genuine; it may have expired.

use std::sync::Arc;

use gatelodge_domain::{ClientId, Id, Session, Subject, User};
use serde::Deserialize;

use crate::realms::ServedRealm;
use crate::tokens::{Subjects, parse_jws};
use crate::{Failure, Foundation};

/// What a genuine hint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdTokenHint {
    /// Whom it is about, if they still exist.
    pub(crate) user: Option<Id<User>>,
    /// Which client it was issued to.
    pub(crate) client_id: ClientId,
    /// In which session it was issued.
    pub(crate) session: Option<Id<Session>>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    sid: Option<String>,
}

/// Reads hints.
pub(crate) struct IdTokenHints {
    foundation: Arc<Foundation>,
    subjects: Arc<Subjects>,
}

impl IdTokenHints {
    pub(crate) fn new(foundation: Arc<Foundation>, subjects: Arc<Subjects>) -> Self {
        Self {
            foundation,
            subjects,
        }
    }

    /// What the hint says; `None` when it is no ID token of this realm. An access token is
    /// none: its type differs.
    pub(crate) async fn read(
        &self,
        realm: &ServedRealm,
        text: &str,
    ) -> Result<Option<IdTokenHint>, Failure> {
        let Some(jws) = parse_jws(text) else {
            return Ok(None);
        };
        let (Some(key_id), Some("JWT")) = (&jws.key_id, jws.token_type.as_deref()) else {
            return Ok(None);
        };
        let ring = self.foundation.key_rings.of(realm.realm.id).await?;
        let genuine = ring.verifier(key_id).is_some_and(|verifier| {
            verifier.algorithm().as_str() == jws.algorithm
                && verifier.verifies(jws.signing_input.as_bytes(), &jws.signature)
        });
        if !genuine {
            return Ok(None);
        }
        let Ok(claims) = serde_json::from_slice::<Claims>(&jws.payload) else {
            return Ok(None);
        };
        let Some(client_id) = ClientId::parse(&claims.aud)
            .ok()
            .filter(|_| claims.iss == *realm.issuer)
        else {
            return Ok(None);
        };
        let subject = self.subjects.resolve(realm.realm.id, &claims.sub).await?;
        Ok(Some(IdTokenHint {
            user: subject.and_then(Subject::user),
            client_id,
            session: claims.sid.and_then(|sid| Id::parse(&sid).ok()),
        }))
    }
}
