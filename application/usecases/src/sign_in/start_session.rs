//! The browser sign-in that follows a proof of identity.
//!
//! The cookie's secret is new at every sign-in, so a value planted or seen before it is worth
//! nothing after (session fixation). A person who proves themselves again in the same browser
//! keeps their session and its `sid`, because applications hold tokens of it; another person's
//! session in that browser ends.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::session::Persistence;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{
    Amr, AuditAction, Digest, Id, Realm, Revision, SecretText, Session, Subject, Timestamp,
};
use gatelodge_ports::store::{Change, Lock};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{StoreError, UnitOfWork, Vault};

use super::{Proven, SignInError};
use crate::Foundation;
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::grants::end_session;
use crate::mfa::{Cleared, Lost, Work};
use crate::realms::ServedRealm;
use crate::sessions::{Limit, SignedIn};

/// A session and the secret that opens it.
#[derive(Debug)]
pub struct NewSession {
    /// The row.
    pub session: Session,
    /// The cookie's value: `gl_se_…`.
    pub secret: SecretText,
}

/// Starts sessions.
pub struct StartSession {
    foundation: Arc<Foundation>,
}

impl StartSession {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Signs a person in to the browser whose cookie held `previous`.
    pub async fn start(
        &self,
        realm: &ServedRealm,
        cleared: Cleared,
        persistence: Persistence,
        previous: Option<&str>,
        request: &RequestFacts,
    ) -> Result<NewSession, SignInError> {
        let (proven, works) = cleared.into_parts();
        let Proven {
            user,
            authentication,
            password_changed_at,
            mut event,
            ..
        } = proven;
        let realm_id = realm.realm.id;
        let now = self.foundation.clock.now();
        let bytes: [u8; 32] = self.foundation.rng.bytes();
        let secret = OpaqueToken::mint(TokenKind::Session, &bytes);
        let fresh = Session {
            id: self.foundation.rng.id(now),
            realm: realm_id,
            user: user.id,
            secret: digest(&*self.foundation.vault, realm_id, &bytes),
            authentication,
            persistence,
            address: request.address.clone(),
            user_agent: request.user_agent.clone(),
            created_at: now,
            seen_at: now,
            expires_at: Session::end_for(persistence, now, Layers(&[&realm.realm.settings])),
            ended_at: None,
            revision: Revision::FIRST,
        };
        let previous =
            previous.and_then(|text| session_digest(&*self.foundation.vault, realm_id, text));
        let limit = Limit::per_user(&self.foundation, realm, request, now).await?;
        let mut announcements = Announcements::new();
        let mut unit = self.foundation.store.write().await?;
        // Whoever shuts the account out at this moment does so before or after us, not between.
        unit.locks().lock(Lock::User(realm_id, user.id)).await?;
        let known = unit.users().find(realm_id, user.id).await?;
        if known.is_none_or(|user| user.can_authenticate(now).is_err()) {
            return Err(SignInError::WrongCredentials);
        }
        // A password that was changed or removed while the next step waited is not good any more.
        let credential = unit.passwords().find(realm_id, user.id).await?;
        if credential.is_none_or(|credential| credential.changed_at != password_changed_at) {
            return Err(SignInError::WrongCredentials);
        }
        for work in &works {
            let done = work.run(&mut *unit, realm_id, user.id, now).await?;
            if done == Err(Lost) {
                return Err(SignInError::WrongCredentials);
            }
        }
        let session = place(&mut *unit, &mut announcements, fresh, previous).await?;
        event.session = Some(session.id);
        let mut events = vec![event];
        if let Some(limit) = &limit {
            let ended = limit.keep_sessions(&mut *unit, &mut announcements, &session);
            events.extend(ended.await?);
        }
        unit.audit().append(&events).await?;
        unit.commit().await?;
        announcements.apply(&self.foundation);
        self.foundation.figures.sessions.add_one();
        Ok(NewSession { session, secret })
    }

    /// Raises a session by a second factor that its person proved, under a new secret. The
    /// works are done in the same unit; `WrongCredentials` where one of them was done already,
    /// or the session ended or changed meanwhile.
    pub(crate) async fn raise(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        works: Vec<Work>,
        method: Amr,
        request: &RequestFacts,
    ) -> Result<NewSession, SignInError> {
        let realm_id = realm.realm.id;
        let now = self.foundation.clock.now();
        let bytes: [u8; 32] = self.foundation.rng.bytes();
        let secret = OpaqueToken::mint(TokenKind::Session, &bytes);
        let raised = Session {
            secret: digest(&*self.foundation.vault, realm_id, &bytes),
            authentication: me.session.authentication.clone().and_also(method),
            seen_at: now,
            ..(*me.session).clone()
        };
        let actor = AuditActor::Subject(Subject::User(me.user.id));
        let mut entry =
            Entry::done(realm_id, actor, AuditAction::FactorProved).on("user", me.user.id);
        entry.session = Some(me.session.id);
        let event = self.foundation.recorder.event(entry, request, now).await?;
        let mut unit = self.foundation.store.write().await?;
        unit.locks().lock(Lock::User(realm_id, me.user.id)).await?;
        for work in &works {
            let done = work.run(&mut *unit, realm_id, me.user.id, now).await?;
            if done == Err(Lost) {
                return Err(SignInError::WrongCredentials);
            }
        }
        let session = match unit.sessions().update(&raised).await {
            Err(StoreError::Stale) => return Err(SignInError::WrongCredentials),
            updated => updated?,
        };
        let mut announcements = Announcements::new();
        let change = Change::Session(realm_id, session.id);
        announcements.note(&mut *unit, change, now).await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        announcements.apply(&self.foundation);
        Ok(NewSession { session, secret })
    }
}

/// Puts the new sign-in where the browser's former one was, or beside it as a new row.
async fn place(
    unit: &mut (dyn UnitOfWork + '_),
    announcements: &mut Announcements,
    fresh: Session,
    previous: Option<Digest>,
) -> Result<Session, StoreError> {
    let (realm, now) = (fresh.realm, fresh.created_at);
    let former = match previous {
        Some(digest) => unit.sessions().find_by_secret(realm, &digest).await?,
        None => None,
    };
    if let Some(former) = former.filter(|former| is_alive(former, now)) {
        if former.user == fresh.user {
            let renewed = Session {
                id: former.id,
                address: former.address,
                user_agent: former.user_agent,
                created_at: former.created_at,
                revision: former.revision,
                ..fresh.clone()
            };
            match unit.sessions().update(&renewed).await {
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error),
                Ok(renewed) => {
                    let change = Change::Session(realm, renewed.id);
                    announcements.note(unit, change, now).await?;
                    return Ok(renewed);
                }
            }
        } else {
            end_session(unit, announcements, realm, former.id, now).await?;
        }
    }
    unit.sessions().insert(&fresh).await?;
    Ok(fresh)
}

fn is_alive(session: &Session, now: Timestamp) -> bool {
    session.ended_at.is_none() && now < session.expires_at
}

/// What is stored of a cookie's secret; `None` for what is no secret of ours.
pub(crate) fn session_digest(vault: &dyn Vault, realm: Id<Realm>, text: &str) -> Option<Digest> {
    let bytes = OpaqueToken::open(TokenKind::Session, text)?;
    Some(digest(vault, realm, bytes.expose()))
}

fn digest(vault: &dyn Vault, realm: Id<Realm>, bytes: &[u8]) -> Digest {
    vault.mac(
        DataKeyPurpose::Digests,
        &[b"session", &realm.to_bytes(), bytes],
    )
}
