//! The endpoint: from parameters to a page or an answer.

use std::sync::Arc;

use gatelodge_domain::{Acr, Client, Consent, RedirectUri, ScopeSet, Timestamp};
use gatelodge_ports::StoreError;

use super::decide::{ConsentAnswer, Decided, Decisions};
use super::hint::IdTokenHints;
use super::parse::{parse, route};
use super::prompts::{self, Meant, Need, Page, PromptValue, Situation};
use super::request::AuthorizationRequest;
use super::response_modes::Delivery;
use super::scopes::{grantable, offered, requested};
use super::target::Target;
use super::{Opened, Pending, PendingKind, PendingRequests, checks};
use crate::audit::RequestFacts;
use crate::foundation::RealmCatalogue;
use crate::keys::KeyMaintenance;
use crate::mfa::is_asked_of_everybody;
use crate::realms::ServedRealm;
use crate::sessions::{CurrentSession, SignedIn};
use crate::tokens::{MintAccessToken, Subjects};
use crate::userinfo::ScopeClaims;
use crate::{Denial, ErrorCode, Failure, Foundation, Parameters};

/// An error that is shown to the person, because it must not or cannot go to the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Shown {
    /// The request misses something, or repeats it.
    #[error("{0}")]
    BadRequest(Denial),
    /// An unknown client, or a redirect URI that it has not registered.
    #[error("{0}")]
    UntrustedClient(Denial),
    /// The sealed request waited too long, or is none of ours.
    #[error("{0}")]
    Expired(Denial),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// An error page.
    #[error("{0}")]
    Shown(#[from] Shown),
    /// It could not be done.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<StoreError> for AuthorizeError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// What a request leads to.
#[derive(Debug)]
pub enum Answer {
    /// The person signs in first.
    SignIn(AskSignIn),
    /// The person, who is signed in, does something else first.
    Step(StepPage, AskSignIn),
    /// The person is asked first.
    Consent(Box<AskConsent>),
    /// An answer for the client.
    Client {
        /// How it travels.
        delivery: Delivery,
        /// Whose it is.
        client: Arc<Client>,
    },
}

/// What is between a session and an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepPage {
    /// Proving or enrolling a second factor.
    SecondFactor,
    /// Choosing another password.
    NewPassword,
}

/// What the sign-in page needs to know of the request that waits.
#[derive(Debug)]
pub struct AskSignIn {
    /// The sealed request.
    pub request: String,
    /// Who asks.
    pub client: Arc<Client>,
    /// Where the person goes next.
    pub redirect_uri: RedirectUri,
    /// `login_hint`
    pub login_hint: Option<String>,
    /// `ui_locales`
    pub ui_locales: Option<String>,
}

/// What the consent page needs to know.
#[derive(Debug)]
pub struct AskConsent {
    /// The sealed request.
    pub request: String,
    /// Who asks.
    pub client: Arc<Client>,
    /// Where the person goes next.
    pub redirect_uri: RedirectUri,
    /// What is asked for.
    pub scopes: ScopeSet,
    /// What the realm says of its scopes.
    pub catalogue: Arc<RealmCatalogue>,
    /// Who is asked.
    pub signed_in: SignedIn,
    /// `ui_locales`
    pub ui_locales: Option<String>,
}

/// What the endpoint stands on.
pub struct AuthorizeParts {
    /// The house.
    pub foundation: Arc<Foundation>,
    /// Who is signed in.
    pub current_session: Arc<CurrentSession>,
    /// Whom a `sub` means.
    pub subjects: Arc<Subjects>,
    /// Makes access tokens.
    pub access_tokens: Arc<MintAccessToken>,
    /// Finds signers.
    pub keys: Arc<KeyMaintenance>,
    /// Which scope stands for which claims, for ID tokens that come without an access token.
    pub scope_claims: Vec<Arc<dyn ScopeClaims>>,
}

/// The authorization endpoint.
pub struct Authorize {
    foundation: Arc<Foundation>,
    current_session: Arc<CurrentSession>,
    hints: IdTokenHints,
    pending: PendingRequests,
    decisions: Decisions,
}

/// A request with all that was looked up for it.
struct Considered {
    request: AuthorizationRequest,
    signed_in: Option<SignedIn>,
    remembered: Option<Arc<Consent>>,
    offered: ScopeSet,
    /// What the person must be asked next, if anything.
    next: Option<(Page, &'static Denial)>,
    /// The person just signed in, and is not the one whom the client means.
    mistaken: bool,
}

impl Authorize {
    /// Over these parts.
    pub fn new(parts: AuthorizeParts) -> Self {
        Self {
            hints: IdTokenHints::new(parts.foundation.clone(), parts.subjects.clone()),
            pending: PendingRequests::new(parts.foundation.clone()),
            foundation: parts.foundation.clone(),
            current_session: parts.current_session.clone(),
            decisions: Decisions::new(parts),
        }
    }

    /// Seals the parameters of a POST, to be answered by a redirect to a GET that bears our
    /// cookies. Nothing is checked yet.
    pub fn seal(
        &self,
        realm: &ServedRealm,
        parameters: &Parameters,
    ) -> Result<String, AuthorizeError> {
        let pending = Pending {
            parameters: parameters.clone(),
            began_at: self.foundation.clock.now(),
        };
        Ok(self.pending.seal(realm, PendingKind::Authorize, &pending)?)
    }

    /// Answers a GET, fresh or with a sealed request as its one parameter.
    pub async fn begin(
        &self,
        realm: &ServedRealm,
        parameters: &Parameters,
        cookie: Option<&str>,
        facts: &RequestFacts,
    ) -> Result<Answer, AuthorizeError> {
        let now = self.foundation.clock.now();
        let pending = self.pending(realm, parameters, now)?;
        let considered = match self.consider(realm, &pending, cookie, now).await? {
            Ok(considered) => considered,
            Err(answer) => return Ok(answer),
        };
        let Considered { request, .. } = &considered;
        match (considered.next, &considered.signed_in) {
            (Some((_, denial)), _) if request.prompts.contains(&PromptValue::None) => {
                Ok(denied(realm, request, denial))
            }
            (Some((_, denial)), _) if considered.mistaken => Ok(denied(realm, request, denial)),
            (Some((Page::Consent, _)), Some(me)) => Ok(Answer::Consent(Box::new(AskConsent {
                request: self.pending.seal(realm, PendingKind::Authorize, &pending)?,
                client: request.target.client.clone(),
                redirect_uri: request.target.redirect_uri.clone(),
                scopes: considered.offered.clone(),
                catalogue: self.foundation.directory.catalogue(realm).await?,
                signed_in: me.clone(),
                ui_locales: request.ui_locales.clone(),
            }))),
            (None, Some(me)) => {
                let decided = Decided {
                    request,
                    me,
                    offered: &considered.offered,
                    remembered: considered.remembered.as_deref(),
                    answer: None,
                };
                Ok(self.decisions.grant(realm, decided, facts).await?)
            }
            (_, None) | (Some((Page::SignIn, _)), Some(_)) => {
                Ok(Answer::SignIn(self.ask_sign_in(realm, &pending, request)?))
            }
            (Some((Page::SecondFactor, _)), Some(_)) => {
                let ask = self.ask_sign_in(realm, &pending, request)?;
                Ok(Answer::Step(StepPage::SecondFactor, ask))
            }
            (Some((Page::NewPassword, _)), Some(_)) => {
                let ask = self.ask_sign_in(realm, &pending, request)?;
                Ok(Answer::Step(StepPage::NewPassword, ask))
            }
        }
    }

    /// What the sign-in page shows for a sealed request.
    pub async fn sign_in_page(
        &self,
        realm: &ServedRealm,
        sealed: &str,
    ) -> Result<AskSignIn, AuthorizeError> {
        let now = self.foundation.clock.now();
        let pending = self.open(realm, sealed, now)?;
        let target = Target::of(&self.foundation, realm, &pending.parameters).await?;
        let route = route(&target, &pending.parameters);
        // Sealed requests have passed the checks; a POST to authorize comes by here only
        // after its GET.
        let request = parse(target, route, &pending.parameters).map_err(Shown::BadRequest)?;
        self.ask_sign_in(realm, &pending, &request)
    }

    /// Takes the answer to the consent page; the caller has checked the form's token against
    /// this session. The whole request is considered again: things may have changed meanwhile.
    pub async fn decide(
        &self,
        realm: &ServedRealm,
        sealed: &str,
        cookie: Option<&str>,
        answer: &ConsentAnswer,
        facts: &RequestFacts,
    ) -> Result<Answer, AuthorizeError> {
        let now = self.foundation.clock.now();
        let pending = self.open(realm, sealed, now)?;
        let considered = match self.consider(realm, &pending, cookie, now).await? {
            Ok(considered) => considered,
            Err(answer) => return Ok(answer),
        };
        let Considered { request, .. } = &considered;
        match (considered.next, &considered.signed_in) {
            (_, None) | (Some((Page::SignIn, _)), _) => {
                Ok(Answer::SignIn(self.ask_sign_in(realm, &pending, request)?))
            }
            (Some((Page::SecondFactor, _)), Some(_)) => {
                let ask = self.ask_sign_in(realm, &pending, request)?;
                Ok(Answer::Step(StepPage::SecondFactor, ask))
            }
            (Some((Page::NewPassword, _)), Some(_)) => {
                let ask = self.ask_sign_in(realm, &pending, request)?;
                Ok(Answer::Step(StepPage::NewPassword, ask))
            }
            (Some((Page::Consent, _)) | None, Some(me)) => {
                let decided = Decided {
                    request,
                    me,
                    offered: &considered.offered,
                    remembered: considered.remembered.as_deref(),
                    answer: Some(answer),
                };
                Ok(self.decisions.grant(realm, decided, facts).await?)
            }
        }
    }

    fn pending(
        &self,
        realm: &ServedRealm,
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<Pending, AuthorizeError> {
        // A request object of a client (OpenID Connect Core §6.1) comes with a client_id.
        let mut sealed = parameters.many("request");
        match (sealed.next(), parameters.many("client_id").next()) {
            (Some(sealed), None) if PendingRequests::is_sealed(sealed) => {
                self.open(realm, sealed, now)
            }
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
    ) -> Result<Pending, AuthorizeError> {
        match self
            .pending
            .open(realm, PendingKind::Authorize, sealed, now)
        {
            Opened::Good(pending) => Ok(pending),
            Opened::Expired | Opened::Unknown => Err(Shown::Expired(Denial::new(
                ErrorCode::InvalidRequest,
                "the request waited too long",
            ))
            .into()),
        }
    }

    /// Reads and checks a request and looks up what its prompts ask about. The inner error is
    /// an answer that is already on its way to the client.
    async fn consider(
        &self,
        realm: &ServedRealm,
        pending: &Pending,
        cookie: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Considered, Answer>, AuthorizeError> {
        let target = Target::of(&self.foundation, realm, &pending.parameters).await?;
        let route = route(&target, &pending.parameters);
        let client = target.client.clone();
        let understood = parse(target, route.clone(), &pending.parameters)
            .and_then(|request| checks::check(&request).map(|()| request));
        let deny = |denial: &Denial| Answer::Client {
            delivery: route.deny(realm, denial),
            client: client.clone(),
        };
        let request = match understood {
            Ok(request) => request,
            Err(denial) => return Ok(Err(deny(&denial))),
        };
        let mut meant = Meant::Anybody;
        if let Some(text) = &request.id_token_hint {
            let hint = self.hints.read(realm, text).await?;
            match hint.filter(|hint| hint.client_id == client.client_id) {
                Some(hint) => meant = hint.user.map_or(Meant::Nobody, Meant::One),
                None => {
                    return Ok(Err(deny(&Denial::new(
                        ErrorCode::InvalidRequest,
                        "the id_token_hint is not an ID token of this issuer for this client",
                    ))));
                }
            }
        }
        let signed_in = self.current_session.likely(realm, cookie, now).await?;
        let person = signed_in.as_ref().map(|me| me.user.id);
        let grantable = grantable(&self.foundation, realm, &request, person).await?;
        if grantable.is_empty() && !requested(&request).is_empty() {
            return Ok(Err(deny(&Denial::new(
                ErrorCode::AccessDenied,
                "the person may be granted none of these scopes",
            ))));
        }
        let remembered = match person {
            None => None,
            Some(person) => {
                let parties = (person, client.id);
                let directory = &self.foundation.directory;
                directory
                    .consent(realm.realm.id, parties, &grantable)
                    .await?
            }
        };
        let offered = offered(&request, &grantable, remembered.as_deref());
        let second_factor = self
            .second_factor(realm, &request, signed_in.as_ref())
            .await?;
        let situation = Situation {
            request: &request,
            signed_in: signed_in.as_ref(),
            meant,
            remembered: remembered.as_deref(),
            second_factor,
            offered: &offered,
            began_at: pending.began_at,
            now,
        };
        let next = prompts::next(&situation);
        let mistaken = matches!(next, Some((Page::SignIn, _))) && situation.proved_for_this();
        Ok(Ok(Considered {
            request,
            signed_in,
            remembered,
            offered,
            next,
            mistaken,
        }))
    }

    /// Whether whoever is signed in with one factor is asked for another. What a role asks was
    /// asked when they signed in.
    async fn second_factor(
        &self,
        realm: &ServedRealm,
        request: &AuthorizationRequest,
        signed_in: Option<&SignedIn>,
    ) -> Result<Need, AuthorizeError> {
        let Some(me) = signed_in else {
            return Ok(Need::None);
        };
        if me.session.authentication.context >= Acr::TwoFactors {
            return Ok(Need::None);
        }
        if is_asked_of_everybody(realm, Some(request.client())) {
            return Ok(Need::Demanded);
        }
        if request.wished_context != Some(Acr::TwoFactors) {
            return Ok(Need::None);
        }
        let mut view = self.foundation.store.read().await?;
        let factors = view.factors().list_of(realm.realm.id, me.user.id).await?;
        Ok(if factors.is_empty() {
            Need::None
        } else {
            Need::Wished
        })
    }

    fn ask_sign_in(
        &self,
        realm: &ServedRealm,
        pending: &Pending,
        request: &AuthorizationRequest,
    ) -> Result<AskSignIn, AuthorizeError> {
        Ok(AskSignIn {
            request: self.pending.seal(realm, PendingKind::Authorize, pending)?,
            client: request.target.client.clone(),
            redirect_uri: request.target.redirect_uri.clone(),
            login_hint: request.login_hint.clone(),
            ui_locales: request.ui_locales.clone(),
        })
    }
}

fn denied(realm: &ServedRealm, request: &AuthorizationRequest, denial: &Denial) -> Answer {
    Answer::Client {
        delivery: request.route.deny(realm, denial),
        client: request.target.client.clone(),
    }
}
