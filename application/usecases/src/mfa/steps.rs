//! The gate between a password and a session.

use core::time::Duration;
use std::borrow::Cow;
use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::factor::in_order;
use gatelodge_domain::name::canonical_key;
use gatelodge_domain::session::Persistence;
use gatelodge_domain::user::PasswordChange;
use gatelodge_domain::{
    Acr, Amr, AuditAction, Authentication, Client, Factor, Id, Realm, SecretText, Setting, Subject,
    Timestamp, User,
};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Issued, Lock};
use serde_json::json;

use super::method::FactorMethods;
use super::pending::{self, PendingSignIn};
use super::recovery::RecoveryCount;
use super::requirement::{is_asked_by_a_role, is_asked_of_everybody};
use super::spend::Work;
use crate::audit::{Entry, RequestFacts};
use crate::realms::ServedRealm;
use crate::sessions::SignedIn;
use crate::sign_in::{
    FamiliarBrowsers, NewSession, PasswordCheck, Proven, SignInError, StartSession,
};
use crate::{Failure, Foundation};

/// A person who proved all that is asked of them. Nothing else starts a session or buys tokens,
/// and only [`SignInSteps`] makes one.
#[derive(Debug)]
pub struct Cleared {
    proven: Proven,
    works: Vec<Work>,
}

impl Cleared {
    pub(super) fn new(proven: Proven, works: Vec<Work>) -> Self {
        Self { proven, works }
    }

    /// Who, when and how.
    pub fn proven(&self) -> &Proven {
        &self.proven
    }

    pub(crate) fn into_parts(self) -> (Proven, Vec<Work>) {
        (self.proven, self.works)
    }
}

/// A sign-in that goes on with another step.
#[derive(Debug)]
pub struct Waiting {
    /// The value of the cookie that the steps are made under: `gl_si_…`.
    pub secret: SecretText,
    /// How long it is good.
    pub lifetime: Duration,
}

/// What the password led to.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer, taken apart where it is received"
)]
pub enum Begun {
    /// Nothing more is asked.
    Cleared(Cleared),
    /// A second factor is.
    Waiting(Waiting),
}

/// Who is at a step: somebody whose password was right, or who is signed in with less than is
/// asked now.
#[derive(Debug, Clone)]
pub enum AtStep {
    /// Not signed in yet.
    Pending(Box<PendingSignIn>),
    /// Signed in.
    SignedIn(Box<SignedIn>),
}

impl AtStep {
    /// Who.
    pub fn user(&self) -> &User {
        match self {
            Self::Pending(pending) => &pending.user,
            Self::SignedIn(me) => &me.user,
        }
    }

    /// The canonical name that familiar browsers know them by.
    pub(super) fn account(&self) -> Cow<'_, str> {
        match self {
            Self::Pending(pending) => Cow::Borrowed(&pending.account),
            Self::SignedIn(me) => Cow::Borrowed(me.user.username.key()),
        }
    }
}

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Prove one of these, or use a recovery code.
    Prove {
        /// In the order in which they are offered.
        factors: Vec<Factor>,
        /// How many recovery codes there are.
        recovery: RecoveryCount,
    },
    /// Enrol something: a second factor is needed and there is none.
    Enrol,
    /// Sign in again: the sign-in is too old to enrol something.
    SignInAgain,
    /// Nothing.
    Nothing,
}

/// A person who finished the last step.
#[derive(Debug)]
pub struct Entered {
    /// Their session, with a new secret.
    pub session: NewSession,
    /// The value of a new cookie of [`FamiliarBrowsers`].
    pub familiar: String,
}

/// Why a step led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Somebody was quicker with the same answer, or the sign-in is not good any more.
    #[error("the answer was used up")]
    Lost,
    /// It could not be done.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<SignInError> for StepError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Failed(failure) => Self::Failed(failure),
            SignInError::WrongCredentials | SignInError::TooMany { .. } => Self::Lost,
        }
    }
}

/// What the gate stands on.
pub struct SignInStepsParts {
    /// The house.
    pub foundation: Arc<Foundation>,
    /// Every kind of second factor.
    pub methods: FactorMethods,
    /// Where passwords are tried; codes are counted with them.
    pub password_check: Arc<PasswordCheck>,
}

/// The gate.
pub struct SignInSteps {
    pub(super) foundation: Arc<Foundation>,
    pub(super) methods: FactorMethods,
    pub(super) password_check: Arc<PasswordCheck>,
    pub(super) start: StartSession,
    familiar: FamiliarBrowsers,
}

impl SignInSteps {
    /// Over these parts.
    pub fn new(parts: SignInStepsParts) -> Self {
        let SignInStepsParts {
            foundation,
            methods,
            password_check,
        } = parts;
        Self {
            familiar: FamiliarBrowsers::new(foundation.rng.clone(), foundation.vault.clone()),
            start: StartSession::new(foundation.clone()),
            foundation,
            methods,
            password_check,
        }
    }

    /// Goes on after the right password, typed for `account`.
    pub async fn begin(
        &self,
        realm: &ServedRealm,
        proven: Proven,
        account: &str,
        persistence: Persistence,
        client: Option<&Client>,
        request: &RequestFacts,
    ) -> Result<Begun, SignInError> {
        if !self.is_needed(realm, proven.user.id, client).await? {
            return Ok(Begun::Cleared(Cleared::new(proven, Vec::new())));
        }
        let now = self.foundation.clock.now();
        let account = canonical_key(account).unwrap_or_default();
        let through = client.map(|client| client.id);
        let (secret, ticket) = pending::mint(
            &self.foundation,
            realm,
            &proven,
            (persistence, account, through),
            now,
        )?;
        let user = proven.user.id;
        let actor = AuditActor::Subject(Subject::User(user));
        let mut entry =
            Entry::done(realm.realm.id, actor, AuditAction::FactorAsked).on("user", user);
        entry.client = through;
        let event = self.foundation.recorder.event(entry, request, now).await?;
        let mut unit = self.foundation.store.write().await?;
        // Whoever shuts the account out at this moment does so before or after us, not between.
        unit.locks().lock(Lock::User(realm.realm.id, user)).await?;
        let known = unit.users().find(realm.realm.id, user).await?;
        if known.is_none_or(|user| user.can_authenticate(now).is_err()) {
            return Err(SignInError::WrongCredentials);
        }
        if unit.tickets().issue(&ticket).await? == Issued::Collision {
            return Err(Failure::broken("two secrets of 256 bits were the same").into());
        }
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        Ok(Begun::Waiting(Waiting {
            secret,
            lifetime: realm.duration(Setting::SignInStepsLifetime),
        }))
    }

    /// Clears a person of whom nothing more can be asked where they are; nothing where more
    /// would have to be.
    pub async fn clear(
        &self,
        realm: &ServedRealm,
        proven: Proven,
        client: &Client,
    ) -> Result<Option<Cleared>, Failure> {
        let free = proven.user.password_change == PasswordChange::Free;
        if !free || self.is_needed(realm, proven.user.id, Some(client)).await? {
            return Ok(None);
        }
        Ok(Some(Cleared::new(proven, Vec::new())))
    }

    /// Starts the session of somebody who was cleared.
    pub async fn enter(
        &self,
        realm: &ServedRealm,
        cleared: Cleared,
        persistence: Persistence,
        previous: Option<&str>,
        request: &RequestFacts,
    ) -> Result<Entered, SignInError> {
        let familiar = cleared.proven.familiar.clone();
        let session = self
            .start
            .start(realm, cleared, persistence, previous, request)
            .await?;
        Ok(Entered { session, familiar })
    }

    /// Who is at a step in this browser: the sign-in that waits, else whoever is signed in.
    pub async fn current(
        &self,
        realm: &ServedRealm,
        cookie: Option<&str>,
        signed_in: Option<SignedIn>,
    ) -> Result<Option<AtStep>, Failure> {
        let now = self.foundation.clock.now();
        if let Some(secret) = cookie
            && let Some(pending) = pending::find(&self.foundation, realm, secret, now).await?
        {
            return Ok(Some(AtStep::Pending(Box::new(pending))));
        }
        Ok(signed_in.map(|me| AtStep::SignedIn(Box::new(me))))
    }

    /// What is to be done next, for that client if one waits.
    pub async fn step(
        &self,
        realm: &ServedRealm,
        at: &AtStep,
        client: Option<&Client>,
    ) -> Result<Step, Failure> {
        if let AtStep::SignedIn(me) = at
            && me.session.authentication.context >= Acr::TwoFactors
        {
            return Ok(Step::Nothing);
        }
        let user = at.user().id;
        let mut view = self.foundation.store.read().await?;
        let factors = view.factors().list_of(realm.realm.id, user).await?;
        let codes = view
            .factors()
            .recovery_codes_of(realm.realm.id, user)
            .await?;
        drop(view);
        if !factors.is_empty() {
            return Ok(Step::Prove {
                factors: in_order(factors),
                recovery: RecoveryCount::of(&codes),
            });
        }
        let AtStep::SignedIn(me) = at else {
            return Ok(Step::Enrol);
        };
        if !is_asked_of_everybody(realm, client) {
            return Ok(Step::Nothing);
        }
        let now = self.foundation.clock.now();
        Ok(if is_recent(realm, me, now) {
            Step::Enrol
        } else {
            Step::SignInAgain
        })
    }

    /// Finishes the step with what is to be done in one unit: starts the session, or raises the
    /// one that there is.
    pub(super) async fn finish(
        &self,
        realm: &ServedRealm,
        at: &AtStep,
        mut works: Vec<Work>,
        method: Amr,
        previous: Option<&str>,
        request: &RequestFacts,
    ) -> Result<Entered, StepError> {
        let now = self.foundation.clock.now();
        let familiar = self.familiar.write(realm.realm.id, &at.account(), now);
        let session = match at {
            AtStep::Pending(pending) => {
                let authentication = pending.authentication.clone().and_also(method);
                let event = self
                    .foundation
                    .recorder
                    .event(
                        signed_in(realm.realm.id, pending, &authentication),
                        request,
                        now,
                    )
                    .await?;
                works.push(Work::Redeem(pending.key));
                let proven = Proven {
                    user: pending.user.clone(),
                    authentication,
                    password_changed_at: pending.password_changed_at,
                    event,
                    familiar: familiar.clone(),
                };
                let cleared = Cleared::new(proven, works);
                self.start
                    .start(realm, cleared, pending.persistence, previous, request)
                    .await?
            }
            AtStep::SignedIn(me) => self.start.raise(realm, me, works, method, request).await?,
        };
        Ok(Entered { session, familiar })
    }

    async fn is_needed(
        &self,
        realm: &ServedRealm,
        user: Id<User>,
        client: Option<&Client>,
    ) -> Result<bool, StoreError> {
        if is_asked_of_everybody(realm, client) {
            return Ok(true);
        }
        let mut view = self.foundation.store.read().await?;
        let factors = view.factors().list_of(realm.realm.id, user).await?;
        drop(view);
        Ok(!factors.is_empty() || is_asked_by_a_role(&self.foundation, realm, user).await?)
    }
}

/// Whether a sign-in is young enough to change second factors by.
pub(super) fn is_recent(realm: &ServedRealm, me: &SignedIn, now: Timestamp) -> bool {
    let young = realm.duration(Setting::RecentSignIn);
    now < me.session.authentication.at.plus(young)
}

fn signed_in(realm: Id<Realm>, pending: &PendingSignIn, authentication: &Authentication) -> Entry {
    let amr: Vec<&str> = authentication
        .methods
        .iter()
        .map(|method| method.as_str())
        .collect();
    let actor = AuditActor::Subject(Subject::User(pending.user.id));
    let mut entry = Entry::done(realm, actor, AuditAction::SignIn)
        .on("user", pending.user.id)
        .with(json!({ "amr": amr }));
    entry.client = pending.client;
    entry
}
