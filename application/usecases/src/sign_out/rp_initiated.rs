//! RP-initiated logout (§2, §3).
//!
//! A hint of this very session and person is proof enough that their client asks: the session
//! ends at once. Without one, or with one of somebody else, the person is asked first, because
//! any page can send them here. Where they go next must be registered, exactly.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Client, ClientId, RedirectUri, Subject, Timestamp};

use crate::audit::{Entry, RequestFacts};
use crate::authorize::{IdTokenHint, IdTokenHints, Opened, Pending, PendingKind, PendingRequests};
use crate::foundation::Announcements;
use crate::grants::end_session;
use crate::realms::ServedRealm;
use crate::sessions::{CurrentSession, SignedIn};
use crate::tokens::Subjects;
use crate::{Denial, ErrorCode, Failure, Foundation, Parameters};

/// Why a request to sign out is shown an error page.
#[derive(Debug, thiserror::Error)]
pub enum SignOutError {
    /// It does not parse, or contradicts itself.
    #[error("{0}")]
    BadRequest(Denial),
    /// An unknown client, or a place to go that it has not registered.
    #[error("{0}")]
    UntrustedClient(Denial),
    /// The sealed request waited too long, or is none of ours.
    #[error("{0}")]
    Expired(Denial),
    /// It could not be done.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<Denial> for SignOutError {
    fn from(denial: Denial) -> Self {
        Self::BadRequest(denial)
    }
}

impl From<gatelodge_ports::StoreError> for SignOutError {
    fn from(error: gatelodge_ports::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// What a request to sign out leads to.
#[derive(Debug)]
pub enum SignOutAnswer {
    /// The person is asked first.
    Confirm {
        /// The sealed request, for the form.
        request: String,
        /// The client that asks, if one does.
        client: Option<Arc<Client>>,
        /// Who is signed in.
        signed_in: Box<SignedIn>,
    },
    /// There is no session, or no longer.
    Done(SignedOut),
}

/// After signing out.
#[derive(Debug, Default)]
pub struct SignedOut {
    /// Where the client wants the person to go, `state` included.
    pub location: Option<String>,
    /// The client that asked, if one did.
    pub client: Option<Arc<Client>>,
}

/// What the logout endpoint stands on.
pub struct SignOutParts {
    /// The house.
    pub foundation: Arc<Foundation>,
    /// Who is signed in.
    pub current_session: Arc<CurrentSession>,
    /// Whom a `sub` means.
    pub subjects: Arc<Subjects>,
}

/// The logout endpoint.
pub struct SignOut {
    foundation: Arc<Foundation>,
    current_session: Arc<CurrentSession>,
    hints: IdTokenHints,
    pending: PendingRequests,
}

/// A request that was understood.
struct Understood {
    hint: Option<IdTokenHint>,
    client: Option<Arc<Client>>,
    location: Option<String>,
}

const PARAMETERS: [&str; 6] = [
    "id_token_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "logout_hint",
    "ui_locales",
];

impl SignOut {
    /// Over these parts.
    pub fn new(parts: SignOutParts) -> Self {
        let SignOutParts {
            foundation,
            current_session,
            subjects,
        } = parts;
        Self {
            hints: IdTokenHints::new(foundation.clone(), subjects),
            pending: PendingRequests::new(foundation.clone()),
            foundation,
            current_session,
        }
    }

    /// Seals the parameters of a client's POST, to be answered by a redirect to a GET that
    /// bears our cookies. Nothing is checked yet.
    pub fn seal(
        &self,
        realm: &ServedRealm,
        parameters: &Parameters,
    ) -> Result<String, SignOutError> {
        let pending = Pending {
            parameters: parameters.clone(),
            began_at: self.foundation.clock.now(),
        };
        Ok(self.pending.seal(realm, PendingKind::Logout, &pending)?)
    }

    /// Answers a GET; `request` is the one parameter of a sealed one.
    pub async fn begin(
        &self,
        realm: &ServedRealm,
        parameters: &Parameters,
        cookie: Option<&str>,
        request: &RequestFacts,
    ) -> Result<SignOutAnswer, SignOutError> {
        let now = self.foundation.clock.now();
        let pending = self.pending(realm, parameters, now)?;
        let understood = self.understand(realm, &pending.parameters).await?;
        let Some(me) = self.current_session.of(realm, cookie, now).await? else {
            return Ok(SignOutAnswer::Done(understood.after()));
        };
        if understood.is_of(&me) {
            self.end(realm, &me, understood.client.as_deref(), request)
                .await?;
            return Ok(SignOutAnswer::Done(understood.after()));
        }
        Ok(SignOutAnswer::Confirm {
            request: self.pending.seal(realm, PendingKind::Logout, &pending)?,
            client: understood.client,
            signed_in: Box::new(me),
        })
    }

    /// Signs out a person who said yes to the page; the caller has checked the form's token.
    /// `sealed` is empty where no client asked.
    pub async fn confirm(
        &self,
        realm: &ServedRealm,
        sealed: &str,
        me: &SignedIn,
        request: &RequestFacts,
    ) -> Result<SignedOut, SignOutError> {
        let now = self.foundation.clock.now();
        let understood = if sealed.is_empty() {
            Understood {
                hint: None,
                client: None,
                location: None,
            }
        } else {
            let pending = self.open(realm, sealed, now)?;
            self.understand(realm, &pending.parameters).await?
        };
        self.end(realm, me, understood.client.as_deref(), request)
            .await?;
        Ok(understood.after())
    }

    fn pending(
        &self,
        realm: &ServedRealm,
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<Pending, SignOutError> {
        match parameters.one("request")? {
            Some(sealed) if PendingRequests::is_sealed(sealed) => self.open(realm, sealed, now),
            _ => Ok(Pending {
                parameters: parameters.clone(),
                began_at: now,
            }),
        }
    }

    fn open(
        &self,
        realm: &ServedRealm,
        sealed: &str,
        now: Timestamp,
    ) -> Result<Pending, SignOutError> {
        match self.pending.open(realm, PendingKind::Logout, sealed, now) {
            Opened::Good(pending) => Ok(pending),
            Opened::Expired | Opened::Unknown => Err(SignOutError::Expired(Denial::new(
                ErrorCode::InvalidRequest,
                "the request waited too long",
            ))),
        }
    }

    async fn understand(
        &self,
        realm: &ServedRealm,
        parameters: &Parameters,
    ) -> Result<Understood, SignOutError> {
        for name in PARAMETERS {
            parameters.one(name)?;
        }
        let hint = match parameters.one("id_token_hint")? {
            None => None,
            Some(text) => Some(self.hints.read(realm, text).await?.ok_or(Denial::new(
                ErrorCode::InvalidRequest,
                "the id_token_hint is not an ID token of this issuer",
            ))?),
        };
        let client = self.client(realm, parameters, hint.as_ref()).await?;
        let location = location(parameters, client.as_deref())?;
        Ok(Understood {
            hint,
            client,
            location,
        })
    }

    /// The client that asks, by `client_id` or by the hint, which must not contradict.
    async fn client(
        &self,
        realm: &ServedRealm,
        parameters: &Parameters,
        hint: Option<&IdTokenHint>,
    ) -> Result<Option<Arc<Client>>, SignOutError> {
        let unknown = SignOutError::UntrustedClient(Denial::new(
            ErrorCode::InvalidRequest,
            "the client is not known here",
        ));
        let named = match parameters.one("client_id")? {
            None => None,
            Some(text) => match ClientId::parse(text) {
                Ok(client_id) => Some(client_id),
                Err(_) => return Err(unknown),
            },
        };
        let hinted = hint.map(|hint| hint.client_id.clone());
        if let (Some(named), Some(hinted)) = (&named, &hinted)
            && named != hinted
        {
            return Err(SignOutError::BadRequest(Denial::new(
                ErrorCode::InvalidRequest,
                "the id_token_hint was not issued to this client",
            )));
        }
        let Some(client_id) = named.or(hinted) else {
            return Ok(None);
        };
        let client = self
            .foundation
            .directory
            .client(realm.realm.id, &client_id)
            .await?;
        match client.filter(|client| client.is_enabled()) {
            Some(client) => Ok(Some(client)),
            None => Err(unknown),
        }
    }

    async fn end(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        client: Option<&Client>,
        request: &RequestFacts,
    ) -> Result<(), Failure> {
        let now = self.foundation.clock.now();
        let session = me.session.id;
        let actor = AuditActor::Subject(Subject::User(me.user.id));
        let mut entry =
            Entry::done(realm.realm.id, actor, AuditAction::SignOut).on("session", session);
        entry.session = Some(session);
        entry.client = client.map(|client| client.id);
        let event = self.foundation.recorder.event(entry, request, now).await?;
        let mut announcements = Announcements::new();
        let mut unit = self.foundation.store.write().await?;
        if end_session(&mut *unit, &mut announcements, realm.realm.id, session, now).await? {
            unit.audit().append(&[event]).await?;
        }
        unit.commit().await?;
        announcements.apply(&self.foundation);
        Ok(())
    }
}

impl Understood {
    /// Whether the hint is of this session and person.
    fn is_of(&self, me: &SignedIn) -> bool {
        self.hint.as_ref().is_some_and(|hint| {
            hint.session == Some(me.session.id) && hint.user == Some(me.user.id)
        })
    }

    fn after(self) -> SignedOut {
        SignedOut {
            location: self.location,
            client: self.client,
        }
    }
}

/// Where to go next (§3), with `state`.
fn location(
    parameters: &Parameters,
    client: Option<&Client>,
) -> Result<Option<String>, SignOutError> {
    let Some(text) = parameters.one("post_logout_redirect_uri")? else {
        return Ok(None);
    };
    let registered = client.and_then(|client| {
        RedirectUri::parse(text)
            .ok()
            .filter(|uri| client.returns_to(uri))
    });
    let Some(uri) = registered else {
        return Err(SignOutError::UntrustedClient(Denial::new(
            ErrorCode::InvalidRequest,
            "the post_logout_redirect_uri is not registered for the client that asks",
        )));
    };
    let state = parameters.one("state")?;
    let pairs = state.map(|state| ("state", state.to_owned()));
    Ok(Some(crate::authorize::with_query(&uri, pairs.as_slice())))
}
