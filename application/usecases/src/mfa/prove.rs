//! One try to prove a second factor. A wrong code counts like a wrong password: against the
//! person, against the address, and against the sign-in that waits.

use core::time::Duration;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{Amr, AuditAction, Factor, Subject, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::Struck;

use super::recovery::digest_of;
use super::spend::{Spend, Work};
use super::steps::{AtStep, Entered, SignInSteps, StepError};
use crate::Failure;
use crate::audit::{Entry, RefusalKey, Repeat, RequestFacts};
use crate::realms::ServedRealm;
use crate::sign_in::throttle::{Admitted, Guess, Refused};

/// What was typed.
#[derive(Debug, Clone, Copy)]
pub enum FactorAnswer<'a> {
    /// A code of one of the person's factors.
    Code(&'a str),
    /// A recovery code.
    RecoveryCode(&'a str),
}

/// Why nothing was proved.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The one answer for a code that is wrong, too old or used.
    #[error("the code is wrong")]
    Wrong,
    /// Too many wrong codes; nothing was compared.
    #[error("too many wrong codes")]
    TooMany {
        /// When the next try counts again.
        retry_after: Duration,
    },
    /// The sign-in is not good any more; it begins again with the password.
    #[error("the sign-in is over")]
    Over,
    /// It could not be tried.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<StoreError> for ProveError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl SignInSteps {
    /// Makes one try; with the right answer the person is signed in, or their session raised.
    /// `familiar` is the cookie of [`crate::sign_in::FamiliarBrowsers`], `previous` the
    /// session's.
    pub async fn prove(
        &self,
        realm: &ServedRealm,
        at: &AtStep,
        answer: FactorAnswer<'_>,
        (familiar, previous): (Option<&str>, Option<&str>),
        request: &RequestFacts,
    ) -> Result<Entered, ProveError> {
        let proved = self
            .try_once(realm, at, answer, (familiar, previous), request)
            .await;
        self.foundation.figures.factors.note(answer, &proved);
        proved
    }

    async fn try_once(
        &self,
        realm: &ServedRealm,
        at: &AtStep,
        answer: FactorAnswer<'_>,
        (familiar, previous): (Option<&str>, Option<&str>),
        request: &RequestFacts,
    ) -> Result<Entered, ProveError> {
        let now = self.foundation.clock.now();
        let user = at.user();
        let guesser = self
            .password_check
            .guesser(realm, &at.account(), familiar, now);
        let throttle = self.password_check.throttle();
        let admitted = throttle
            .admit(
                &self.foundation,
                realm,
                Guess::Factor(user.id),
                guesser,
                request,
                now,
            )
            .await;
        let mut admitted = match admitted {
            Ok(admitted) => admitted,
            Err(Refused::Wait(retry_after)) => {
                self.refused(realm, at, "too_many_requests", None, request)
                    .await?;
                return Err(ProveError::TooMany { retry_after });
            }
            Err(Refused::Failed(failure)) => return Err(failure.into()),
        };
        let Some((spend, method)) = self.verify(realm, user, answer).await? else {
            let left = self
                .refused(realm, at, "wrong_code", Some(&admitted), request)
                .await?;
            return Err(left);
        };
        let works = vec![Work::Spend(spend)];
        let finished = self
            .finish(realm, at, works, method, previous, request)
            .await;
        match finished {
            Ok(entered) => {
                admitted.give_back();
                admitted.succeeded(&self.foundation).await?;
                Ok(entered)
            }
            Err(StepError::Lost) => {
                let left = self
                    .refused(realm, at, "code_used", Some(&admitted), request)
                    .await?;
                Err(left)
            }
            Err(StepError::Failed(failure)) => {
                admitted.give_back();
                Err(failure.into())
            }
        }
    }

    /// What the answer uses up, if it is right, and what it proves.
    pub(super) async fn verify(
        &self,
        realm: &ServedRealm,
        user: &User,
        answer: FactorAnswer<'_>,
    ) -> Result<Option<(Spend, Amr)>, Failure> {
        let id = realm.realm.id;
        match answer {
            FactorAnswer::RecoveryCode(typed) => {
                let digest = digest_of(&self.foundation, id, user.id, typed);
                let spend = digest.map(Spend::RecoveryCode);
                // Whether there is such a code shows when it is used up.
                Ok(spend.map(|spend| (spend, Amr::OneTimePassword)))
            }
            FactorAnswer::Code(typed) => {
                let mut view = self.foundation.store.read().await?;
                let factors = view.factors().list_of(id, user.id).await?;
                drop(view);
                let now = self.foundation.clock.now();
                for method in self.methods.iter() {
                    let kind = method.kind();
                    let mine: Vec<Factor> = factors
                        .iter()
                        .filter(|factor| factor.kind == kind)
                        .cloned()
                        .collect();
                    if let Some(spend) = method.verify(&mine, typed, now)? {
                        return Ok(Some((spend, kind.method())));
                    }
                }
                Ok(None)
            }
        }
    }

    /// Records a refusal and counts it; answers what the person is told.
    async fn refused(
        &self,
        realm: &ServedRealm,
        at: &AtStep,
        reason: &'static str,
        made: Option<&Admitted<'_>>,
        request: &RequestFacts,
    ) -> Result<ProveError, Failure> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let user = at.user().id;
        let actor = match at {
            AtStep::Pending(_) => AuditActor::Anonymous,
            AtStep::SignedIn(_) => AuditActor::Subject(Subject::User(user)),
        };
        let mut entry = Entry::denied(realm.realm.id, actor, AuditAction::FactorProved, reason)
            .on("user", user);
        if let AtStep::Pending(pending) = at {
            entry.client = pending.client;
        }
        let key = RefusalKey {
            realm: entry.realm,
            actor: entry.actor,
            action: entry.action,
            what: user.to_string(),
            reason,
        };
        let event = match foundation.recorder.refusals.admit(key, now) {
            Repeat::First => Some(foundation.recorder.event(entry, request, now).await?),
            Repeat::Counted => None,
        };
        if event.is_none() && made.is_none() {
            return Ok(ProveError::Wrong);
        }
        let mut over = false;
        let mut unit = foundation.store.write().await?;
        if let Some(event) = event {
            unit.audit().append(&[event]).await?;
        }
        if let Some(admitted) = made {
            admitted.failed(&mut *unit, Some(user), now).await?;
            if let AtStep::Pending(pending) = at {
                let struck = unit.tickets().strike(pending.key).await?;
                over = struck == Struck::Exhausted;
            }
        }
        unit.commit().await?;
        Ok(if over {
            ProveError::Over
        } else {
            ProveError::Wrong
        })
    }
}
