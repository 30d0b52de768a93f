//! One password try.
//!
//! A try that passes throttling costs exactly one hash job, whether the name is known, the
//! password right or the account alive, and is answered no earlier than the realm's floor. One
//! over the limit costs none. Used by the sign-in page and by the password grant alike.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::name::canonical_key;
use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::user::{CannotAuthenticate, Verification};
use gatelodge_domain::{
    AuditAction, AuditEvent, Authentication, Client, Id, Password, PasswordCredential, Setting,
    Subject, Timestamp, User,
};
use gatelodge_ports::hasher::{Compared, Verdict};
use gatelodge_ports::{Delay, HasherError, StoreError};
use serde_json::json;

use super::FamiliarBrowsers;
use super::floor::{Floors, imported_cost, imported_cost_fact};
use super::throttle::{Admitted, Guess, Guesser, Refused, Throttle};
use crate::audit::{Entry, RefusalKey, Repeat, RequestFacts};
use crate::realms::ServedRealm;
use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// A try.
#[derive(Clone, Copy)]
pub struct PasswordAttempt<'a> {
    /// What was typed as name.
    pub username: &'a str,
    /// What was typed as password.
    pub password: &'a str,
    /// Through which client, where one waits.
    pub client: Option<Id<Client>>,
    /// The value of the cookie of [`FamiliarBrowsers`], if one came.
    pub familiar: Option<&'a str>,
}

/// A person who proved who they are just now.
#[derive(Debug)]
pub struct Proven {
    /// Who.
    pub user: User,
    /// When and how.
    pub authentication: Authentication,
    /// When the password that was compared had been set; another one since then makes the proof
    /// worthless. Not compared with the time of the proof: a clock may have been set back.
    pub password_changed_at: Timestamp,
    /// The record of it, to be appended in the unit that writes what it leads to.
    pub event: AuditEvent,
    /// The value of a new cookie of [`FamiliarBrowsers`].
    pub familiar: String,
}

/// Why a try did not prove anything.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The one answer for unknown, wrong, disabled and suspended.
    #[error("user name or password is wrong")]
    WrongCredentials,
    /// Too many failed tries; nothing was compared.
    #[error("too many failed sign-ins")]
    TooMany {
        /// When the next try counts again, rounded up to whole seconds by who answers.
        retry_after: Duration,
    },
    /// It could not be tried.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<SignInError> for Error {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::WrongCredentials => Self::Denied(Denial::new(
                ErrorCode::InvalidCredentials,
                "user name or password is wrong",
            )),
            SignInError::TooMany { retry_after } => {
                let what = "too many failed sign-ins, try again in a minute";
                let denial = Denial::new(ErrorCode::TooManyRequests, what);
                Self::Denied(denial.retry_after(retry_after))
            }
            SignInError::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Checks passwords.
pub struct PasswordCheck {
    foundation: Arc<Foundation>,
    delay: Arc<dyn Delay>,
    familiar: FamiliarBrowsers,
    throttle: Arc<Throttle>,
    floors: Floors,
}

/// Whom a name means, with what they can prove.
struct Account {
    user: Option<User>,
    credential: Option<PasswordCredential>,
}

impl PasswordCheck {
    /// Over a house, waiting by that delay. One for the whole process: it counts the tries that
    /// are under way.
    pub fn new(foundation: Arc<Foundation>, delay: Arc<dyn Delay>) -> Self {
        Self {
            familiar: FamiliarBrowsers::new(foundation.rng.clone(), foundation.vault.clone()),
            foundation,
            delay,
            throttle: Arc::default(),
            floors: Floors::default(),
        }
    }

    /// Makes one try.
    pub async fn check(
        &self,
        realm: &ServedRealm,
        attempt: &PasswordAttempt<'_>,
        request: &RequestFacts,
    ) -> Result<Proven, SignInError> {
        let result = self.admit_and_try(realm, attempt, request).await;
        self.foundation.figures.passwords.note(&result);
        result
    }

    async fn admit_and_try(
        &self,
        realm: &ServedRealm,
        attempt: &PasswordAttempt<'_>,
        request: &RequestFacts,
    ) -> Result<Proven, SignInError> {
        // Before anything is counted or looked up: whoever comes then costs next to nothing.
        if !self.foundation.hasher.has_place() {
            return Err(Failure::from(HasherError::Busy).into());
        }
        let began = self.foundation.clock.now();
        let name = canonical_key(attempt.username);
        let guess = Guess::Password(name.as_deref().unwrap_or(attempt.username));
        let guesser = name.as_deref().map_or(Guesser::Anybody, |name| {
            self.guesser(realm, name, attempt.familiar, began)
        });
        let admitted = self
            .throttle
            .admit(&self.foundation, realm, guess, guesser, request, began)
            .await;
        let mut admitted = match admitted {
            Ok(admitted) => admitted,
            Err(Refused::Wait(retry_after)) => {
                let entry = self.stranger(realm, attempt, "too_many_requests");
                self.record(entry, attempt, None, request, began).await?;
                return Err(SignInError::TooMany { retry_after });
            }
            Err(Refused::Failed(failure)) => return Err(failure.into()),
        };
        let result = self
            .try_once(realm, attempt, name.as_deref(), &admitted, request)
            .await;
        if !matches!(result, Err(SignInError::WrongCredentials)) {
            admitted.give_back();
        }
        if result.is_ok() {
            admitted.succeeded(&self.foundation).await?;
        }
        result
    }

    async fn try_once(
        &self,
        realm: &ServedRealm,
        attempt: &PasswordAttempt<'_>,
        name: Option<&str>,
        admitted: &Admitted<'_>,
        request: &RequestFacts,
    ) -> Result<Proven, SignInError> {
        self.ask_imported_cost(realm).await?;
        let account = self.find(realm, name).await?;
        let Compared { verdict, took } = self.compare(realm, attempt, &account).await?;
        let now = self.foundation.clock.now();
        let floor = self.floors.observe(realm.realm.id, took, now);
        // Before anything is decided or written, so that all that follows is the same for all.
        if took < floor {
            self.delay.wait(floor.saturating_sub(took)).await;
        }
        let now = self.foundation.clock.now();
        match judge(&account, verdict, now) {
            Ok((user, credential)) => {
                self.renew_hash(realm, attempt, verdict, credential).await?;
                let proven = (user.clone(), credential.changed_at);
                self.proven(realm, attempt, proven, request).await
            }
            Err(reason) => {
                let entry = self.refusal(realm, attempt, &account, reason);
                let now = self.foundation.clock.now();
                self.record(entry, attempt, Some(admitted), request, now)
                    .await?;
                Err(SignInError::WrongCredentials)
            }
        }
    }

    /// Counts tries; shared with whoever else has something to guess.
    pub(crate) fn throttle(&self) -> Arc<Throttle> {
        self.throttle.clone()
    }

    /// Whether the person of that canonical name signed in before in the browser that has that
    /// cookie.
    pub(crate) fn guesser(
        &self,
        realm: &ServedRealm,
        name: &str,
        familiar: Option<&str>,
        now: Timestamp,
    ) -> Guesser {
        familiar
            .and_then(|value| self.familiar.recognise(realm.realm.id, name, value, now))
            .map_or(Guesser::Anybody, Guesser::Familiar)
    }

    /// What the realm's imported hashes cost is part of its floor, on every node.
    async fn ask_imported_cost(&self, realm: &ServedRealm) -> Result<(), StoreError> {
        let (id, now) = (realm.realm.id, self.foundation.clock.now());
        if self.floors.must_ask(id, now) {
            let mut view = self.foundation.store.read().await?;
            let fact = view.system().find(&imported_cost_fact(id)).await?;
            self.floors.learn(id, imported_cost(fact.as_deref()), now);
        }
        Ok(())
    }

    /// Looks a name up: as user name, else as a mail address that is proved to be theirs.
    async fn find(&self, realm: &ServedRealm, name: Option<&str>) -> Result<Account, StoreError> {
        let id = realm.realm.id;
        let nobody = Account {
            user: None,
            credential: None,
        };
        let Some(name) = name else {
            return Ok(nobody);
        };
        let mut view = self.foundation.store.read().await?;
        let mut user = view.users().find_by_username(id, name).await?;
        if user.is_none() && name.contains('@') {
            user = view
                .users()
                .find_by_email(id, name)
                .await?
                .filter(|user| user.email_verification == Verification::Verified);
        }
        let Some(user) = user else {
            return Ok(nobody);
        };
        let credential = view.passwords().find(id, user.id).await?;
        Ok(Account {
            user: Some(user),
            credential,
        })
    }

    /// The one hash job. A password that is too long to have been stored is compared like any
    /// other wrong one.
    async fn compare(
        &self,
        realm: &ServedRealm,
        attempt: &PasswordAttempt<'_>,
        account: &Account,
    ) -> Result<Compared, Failure> {
        let cost = cost(realm);
        let stored = account
            .credential
            .as_ref()
            .map(|credential| &credential.hash);
        let hasher = &self.foundation.hasher;
        if let Ok(password) = Password::presented(attempt.password) {
            return Ok(hasher.verify(&password, stored, cost).await?);
        }
        let nothing = Password::presented("").map_err(|error| Failure::Broken(error.into()))?;
        let Compared { took, .. } = hasher.verify(&nothing, None, cost).await?;
        Ok(Compared {
            verdict: Verdict::Mismatch,
            took,
        })
    }

    /// Makes the hash again where its cost is not the wanted one. A full queue puts it off to
    /// the next sign-in; a password that was changed meanwhile is left alone.
    async fn renew_hash(
        &self,
        realm: &ServedRealm,
        attempt: &PasswordAttempt<'_>,
        verdict: Verdict,
        credential: &PasswordCredential,
    ) -> Result<(), Failure> {
        if verdict != Verdict::MatchAtOldCost {
            return Ok(());
        }
        let password =
            Password::presented(attempt.password).map_err(|error| Failure::Broken(error.into()))?;
        let hash = match self.foundation.hasher.hash(&password, cost(realm)).await {
            Ok(hash) => hash,
            Err(HasherError::Busy) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let renewed = PasswordCredential {
            hash,
            ..credential.clone()
        };
        let mut unit = self.foundation.store.write().await?;
        match unit.passwords().rehash(&renewed).await {
            Ok(()) => Ok(unit.commit().await?),
            Err(StoreError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn proven(
        &self,
        realm: &ServedRealm,
        attempt: &PasswordAttempt<'_>,
        (user, password_changed_at): (User, Timestamp),
        request: &RequestFacts,
    ) -> Result<Proven, SignInError> {
        let now = self.foundation.clock.now();
        let authentication = Authentication::by_password(now);
        let amr: Vec<&str> = authentication
            .methods
            .iter()
            .map(|method| method.as_str())
            .collect();
        let actor = AuditActor::Subject(Subject::User(user.id));
        let mut entry = Entry::done(realm.realm.id, actor, AuditAction::SignIn)
            .on("user", user.id)
            .with(json!({ "amr": amr }));
        entry.client = attempt.client;
        let event = self.foundation.recorder.event(entry, request, now).await?;
        let name = canonical_key(attempt.username).unwrap_or_default();
        Ok(Proven {
            familiar: self.familiar.write(realm.realm.id, &name, now),
            user,
            authentication,
            password_changed_at,
            event,
        })
    }

    fn refusal(
        &self,
        realm: &ServedRealm,
        attempt: &PasswordAttempt<'_>,
        account: &Account,
        reason: &'static str,
    ) -> Entry {
        match &account.user {
            Some(user) => Entry::denied(
                realm.realm.id,
                AuditActor::Anonymous,
                AuditAction::SignIn,
                reason,
            )
            .on("user", user.id),
            None => self.stranger(realm, attempt, reason),
        }
    }

    /// A refusal under a name that is not looked up, or that nobody has.
    fn stranger(
        &self,
        realm: &ServedRealm,
        attempt: &PasswordAttempt<'_>,
        reason: &'static str,
    ) -> Entry {
        let id = realm.realm.id;
        let name = canonical_key(attempt.username);
        let name = name.as_deref().unwrap_or(attempt.username);
        let name = self.foundation.recorder.unknown_name(id, name);
        Entry::denied(id, AuditActor::Anonymous, AuditAction::SignIn, reason)
            .with(json!({ "name": name }))
    }

    /// The first refusal of its kind within a minute is an event, the others are counted. A try
    /// that was made counts against its account with the same unit.
    async fn record(
        &self,
        mut entry: Entry,
        attempt: &PasswordAttempt<'_>,
        made: Option<&Admitted<'_>>,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), Failure> {
        entry.client = attempt.client;
        let user = entry.target.as_ref();
        let user = user.map(|target| Id::<User>::from_u128(target.bits));
        let what = match (user, &entry.facts) {
            (Some(user), _) => user.to_string(),
            (None, facts) => facts.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        let key = RefusalKey {
            realm: entry.realm,
            actor: entry.actor,
            action: entry.action,
            what,
            reason: entry.reason.unwrap_or_default(),
        };
        let repeat = self.foundation.recorder.refusals.admit(key, now);
        let made = made.filter(|admitted| admitted.is_counted());
        if repeat == Repeat::Counted && made.is_none() {
            return Ok(());
        }
        let event = match repeat {
            Repeat::First => Some(self.foundation.recorder.event(entry, request, now).await?),
            Repeat::Counted => None,
        };
        let mut unit = self.foundation.store.write().await?;
        if let Some(event) = event {
            unit.audit().append(&[event]).await?;
        }
        if let Some(admitted) = made {
            admitted.failed(&mut *unit, user, now).await?;
        }
        Ok(unit.commit().await?)
    }
}

/// Whether the comparison proves the person, and if not, the word for why in the trail.
fn judge(
    account: &Account,
    verdict: Verdict,
    now: Timestamp,
) -> Result<(&User, &PasswordCredential), &'static str> {
    let Some(user) = &account.user else {
        return Err("unknown_user");
    };
    let Some(credential) = &account.credential else {
        return Err("no_password");
    };
    if verdict == Verdict::Mismatch {
        return Err("wrong_password");
    }
    user.can_authenticate(now).map_err(|error| match error {
        CannotAuthenticate::Invited => "invited",
        CannotAuthenticate::Deactivated => "deactivated",
        CannotAuthenticate::Suspended => "suspended",
        CannotAuthenticate::PendingDeletion => "pending_deletion",
    })?;
    Ok((user, credential))
}

fn cost(realm: &ServedRealm) -> Argon2Cost {
    let settings = [&realm.realm.settings];
    let value = |setting| Layers(&settings).value(setting);
    Argon2Cost {
        memory: value(Setting::Argon2Memory),
        iterations: value(Setting::Argon2Iterations),
        parallelism: value(Setting::Argon2Parallelism),
    }
}
