//! The one-time link of the first run: offered while there is no administrator, replaced at each
//! start, spent by the one form that is posted with it. Looking at the page spends nothing.
//!
//! A link from [`super::Recover`] opens the same door for the administrator that it names.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Id, Realm, RealmSlug, SecretText, User, Username};
use gatelodge_ports::store::{Lock, TicketKey};
use serde_json::json;

use super::answers::{Objection, Question, RefusedAnswer, TypedAnswers};
use super::initialize::administrators;
use super::let_in::{LetIn, let_in};
use super::one_time_link::{self, LinkPurpose, SPENT};
use super::set_up::{By, SetUpError, default_realm, set_up};
use super::standing::SetUp;
use crate::audit::{Entry, RequestFacts};
use crate::passwords::PasswordRules;
use crate::sign_in::throttle::TooManyLinks;
use crate::{Denial, Error, Failure, Foundation};

/// The fact that names the ticket of the link that was offered last.
const OFFERED: &str = "first_administrator_link";

/// What the questions begin with.
#[derive(Debug, Clone)]
pub struct Prefilled {
    /// The default realm's name as it is.
    pub realm_name: String,
    /// Its issuer.
    pub issuer: String,
    /// Where mail goes; `None` where it goes nowhere, which is the configuration's to say.
    pub mail: Option<String>,
}

/// Offers, shows and spends the link.
pub struct FirstAdministrator {
    foundation: Arc<Foundation>,
}

impl FirstAdministrator {
    /// Over a house whose store is initialized.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// A new link's secret while there is no active administrator; the one before it is void.
    /// `None` where there is one.
    pub async fn issue(&self) -> Result<Option<SecretText>, Failure> {
        let foundation = &self.foundation;
        let system = self.system().await?;
        if self.is_there().await? {
            return Ok(None);
        }
        let now = foundation.clock.now();
        let purpose = LinkPurpose::FirstAdministrator;
        let (secret, ticket) = one_time_link::mint(foundation, system.id, &purpose, None, now)?;
        let mut unit = foundation.store.write().await?;
        unit.locks().lock(Lock::Realm(system.id)).await?;
        if let Some(digest) = unit.system().find(OFFERED).await?
            && let Ok(digest) = gatelodge_domain::Digest::try_from_slice(&digest)
        {
            let before = one_time_link::key_of(system.id, digest);
            unit.tickets().revoke(before).await?;
        }
        unit.tickets().issue(&ticket).await?;
        unit.system().put(OFFERED, ticket.digest.as_bytes()).await?;
        unit.commit().await?;
        Ok(Some(secret))
    }

    /// Whether there is an active administrator.
    pub async fn is_there(&self) -> Result<bool, Failure> {
        let system = self.system().await?;
        let (_, holders) = administrators(&self.foundation, system.id).await?;
        Ok(holders > 0)
    }

    /// What a good link is for; refused for any other text, and for a while where too many of
    /// those came from one address. Nothing is written.
    pub async fn open(&self, token: &str, request: &RequestFacts) -> Result<LinkPurpose, Error> {
        let system = self.system().await?;
        let (_, purpose) = self.look(&system, token, request).await?;
        Ok(purpose)
    }

    /// The same for who posts a form: a post with a link that was ours and is no more is a fact
    /// of the trail, and so is one that has to wait.
    pub async fn open_to_spend(
        &self,
        token: &str,
        request: &RequestFacts,
    ) -> Result<LinkPurpose, Error> {
        let system = self.system().await?;
        match self.look(&system, token, request).await {
            Ok((_, purpose)) => Ok(purpose),
            Err(Error::Denied(denial)) => {
                self.record_refused(system.id, token, &denial, request)
                    .await?;
                Err(denial.into())
            }
            Err(failed) => Err(failed),
        }
    }

    /// What the questions begin with.
    pub async fn prefilled(&self) -> Result<Prefilled, Failure> {
        let foundation = &self.foundation;
        let mut view = foundation.store.read().await?;
        let realm = default_realm(&mut *view).await?;
        Ok(Prefilled {
            realm_name: realm.name.as_str().to_owned(),
            issuer: foundation.issuers.public_url().to_owned(),
            mail: foundation.mail.describe(),
        })
    }

    /// Spends a link of the first run: makes everything that was asked for, or nothing. Exactly
    /// one post with a link succeeds.
    pub async fn set_up(
        &self,
        token: &str,
        typed: &TypedAnswers,
        request: &RequestFacts,
    ) -> Result<SetUp, SetUpError> {
        let system = self.system().await?;
        // Asked before anything costs a hash, so that a stranger cannot make us hash.
        let (link, purpose) = self.look(&system, token, request).await?;
        if purpose != LinkPurpose::FirstAdministrator {
            return Err(SPENT.into());
        }
        let by = By {
            actor: AuditActor::Anonymous,
            link: Some(link),
            request,
        };
        set_up(&self.foundation, &system, typed, by).await
    }

    /// The same without a link, for an operator on the machine. Refused with `conflict` where
    /// there is an administrator.
    pub async fn set_up_here(&self, typed: &TypedAnswers) -> Result<SetUp, SetUpError> {
        let system = self.system().await?;
        let by = By {
            actor: AuditActor::Operator,
            link: None,
            request: &RequestFacts::default(),
        };
        set_up(&self.foundation, &system, typed, by).await
    }

    /// Spends a link of recovery: the administrator that it names has that password now.
    pub async fn let_in(
        &self,
        token: &str,
        password: &str,
        request: &RequestFacts,
    ) -> Result<User, SetUpError> {
        let system = self.system().await?;
        let (link, purpose) = self.look(&system, token, request).await?;
        let LinkPurpose::Recovery { username } = purpose else {
            return Err(SPENT.into());
        };
        let username = Username::parse(&username)
            .map_err(|_| Failure::broken("a recovery link names nobody"))?;
        let password = PasswordRules::parse(&system, password).map_err(|refused| {
            let objection = Objection::Password(refused);
            SetUpError::Refused(vec![RefusedAnswer::new(Question::Password, objection)])
        })?;
        let whom = LetIn {
            link,
            username,
            password,
            request,
        };
        let_in(&self.foundation, &system, whom).await
    }

    /// The ticket of a good link, counted where there is none.
    async fn look(
        &self,
        system: &Realm,
        token: &str,
        request: &RequestFacts,
    ) -> Result<(TicketKey, LinkPurpose), Error> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let looked = foundation
            .link_tries
            .admit(foundation, system, request, now)
            .map_err(Denial::from)?;
        let key = one_time_link::key(foundation, system.id, token).ok_or(SPENT)?;
        let mut view = foundation.store.read().await?;
        let ticket = view.tickets().peek(key).await?;
        drop(view);
        let ticket = ticket
            .filter(|ticket| ticket.redeemed_at.is_none() && now < ticket.expires_at)
            .ok_or(SPENT)?;
        looked.opened();
        Ok((key, one_time_link::purpose(foundation, &ticket)?))
    }

    async fn record_refused(
        &self,
        system: Id<Realm>,
        token: &str,
        denial: &Denial,
        request: &RequestFacts,
    ) -> Result<(), Failure> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let action = AuditAction::AccessDenied;
        let link = json!({ "what": "one_time_link" });
        if let Some(wait) = denial.retry_after {
            let entry = TooManyLinks::entry(system, action).with(link);
            let too_many = TooManyLinks(wait);
            too_many.record(foundation, entry, request, now).await?;
            return Ok(());
        }
        let Some(key) = one_time_link::key(foundation, system, token) else {
            return Ok(());
        };
        let mut view = foundation.store.read().await?;
        let ticket = view.tickets().peek(key).await?;
        drop(view);
        if ticket.is_none() {
            return Ok(());
        }
        let actor = AuditActor::Anonymous;
        let entry = Entry::denied(system, actor, action, "link_spent").with(link);
        let which = gatelodge_domain::id::base32(key.digest.as_bytes());
        let recorder = &foundation.recorder;
        recorder.refused(entry, which, request, now).await
    }

    async fn system(&self) -> Result<Realm, Failure> {
        let served = self
            .foundation
            .directory
            .realm(&RealmSlug::system())
            .await?;
        let served = served.ok_or_else(|| Failure::broken("the store has no realm `system`"))?;
        Ok(served.realm.clone())
    }
}
