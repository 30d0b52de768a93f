//! Enrolling a second factor: at the step of a sign-in that needs one, or on the person's own
//! page.
//!
//! What is enrolled travels sealed with the form, for this person and a few minutes, and is
//! stored when they have proved that they have it. Its row id is drawn at the beginning, so that
//! a form that is posted twice enrols once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::factor::Precedence;
use gatelodge_domain::{
    AuditAction, DisplayName, Factor, FactorKind, Id, Realm, Revision, SecretBytes, Setting,
    Subject, Timestamp, User,
};
use gatelodge_ports::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::method::{FactorMethods, Offer, Person};
use super::recovery::{NewRecoveryCodes, make};
use super::spend::{NewFactor, Work};
use super::steps::{AtStep, Entered, SignInSteps, Step, StepError};
use crate::audit::{Entry, RequestFacts};
use crate::realms::ServedRealm;
use crate::{Failure, Foundation};

const VERSION: u8 = 1;

/// An enrolment that waits for its proof.
#[derive(Debug)]
pub struct Enrolment {
    /// What the person is shown.
    pub offer: Offer,
    /// What comes back with the form.
    pub sealed: String,
}

/// Why nothing was enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The answer does not prove it.
    #[error("the code is wrong")]
    Wrong,
    /// The form is too old, or another person's; it begins again.
    #[error("the enrolment is over")]
    Expired,
    /// It was enrolled already, or the person has too many.
    #[error("nothing more can be enrolled")]
    Full,
    /// The sign-in is too old for this.
    #[error("a recent sign-in is needed")]
    SignInAgain,
    /// It could not be tried.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<StoreError> for EnrolError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    v: u8,
    at: i64,
    id: String,
    kind: String,
    begun: Vec<u8>,
}

/// What a form brought back.
pub(super) struct Begun {
    id: Id<Factor>,
    kind: FactorKind,
    secret: SecretBytes,
}

impl Begun {
    pub(super) fn kind(&self) -> FactorKind {
        self.kind
    }
}

/// Begins one.
pub(super) fn begin(
    foundation: &Foundation,
    methods: &FactorMethods,
    person: Person<'_>,
    kind: FactorKind,
) -> Result<Enrolment, Failure> {
    let method = methods.of(kind)?;
    let begun = method.begin_enrolment(person)?;
    let now = foundation.clock.now();
    let id: Id<Factor> = foundation.rng.id(now);
    let stored = Stored {
        v: VERSION,
        at: now.as_millis(),
        id: id.to_string(),
        kind: kind.as_str().to_owned(),
        begun: begun.expose().clone(),
    };
    let place = place(person.realm.realm.id, person.user.id);
    let sealed = foundation
        .vault
        .seal(&place, &serde_json::to_vec(&stored)?)?;
    Ok(Enrolment {
        offer: method.offer(person, &begun)?,
        sealed: URL_SAFE_NO_PAD.encode(sealed),
    })
}

/// Opens what a form brought back; nothing where it is too old or not this person's.
pub(super) fn open(
    foundation: &Foundation,
    person: Person<'_>,
    sealed: &str,
    now: Timestamp,
) -> Option<Begun> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let place = place(person.realm.realm.id, person.user.id);
    let plain = foundation.vault.open(&place, &bytes).ok()?;
    let stored: Stored = serde_json::from_slice(plain.expose()).ok()?;
    let end =
        Timestamp::from_millis(stored.at).plus(person.realm.duration(Setting::SignInStepsLifetime));
    if stored.v != VERSION || end <= now {
        return None;
    }
    Some(Begun {
        id: Id::parse(&stored.id).ok()?,
        kind: FactorKind::parse(&stored.kind)?,
        secret: SecretBytes::new(stored.begun),
    })
}

/// The same offer again, for a form that has to be shown once more.
pub(super) fn again(
    methods: &FactorMethods,
    person: Person<'_>,
    begun: &Begun,
    sealed: &str,
) -> Result<Enrolment, Failure> {
    Ok(Enrolment {
        offer: methods.of(begun.kind)?.offer(person, &begun.secret)?,
        sealed: sealed.to_owned(),
    })
}

/// What is to be kept where the answer is right, with fresh recovery codes where the person has
/// none.
pub(super) async fn prove(
    foundation: &Foundation,
    methods: &FactorMethods,
    person: Person<'_>,
    begun: &Begun,
    (answer, name): (&str, DisplayName),
    request: &RequestFacts,
) -> Result<Option<(NewFactor, Option<NewRecoveryCodes>)>, Failure> {
    let now = foundation.clock.now();
    let method = methods.of(begun.kind)?;
    let Some(enrolled) = method.finish_enrolment(&begun.secret, answer, now)? else {
        return Ok(None);
    };
    let (realm, user) = (person.realm.realm.id, person.user.id);
    let mut view = foundation.store.read().await?;
    let known = view.factors().recovery_codes_of(realm, user).await?;
    drop(view);
    let (shown, codes) = if known.is_empty() {
        let (shown, codes) = make(foundation, realm, user, now);
        (Some(shown), codes)
    } else {
        (None, Vec::new())
    };
    let place = Factor::place(realm, begun.id);
    let factor = Factor {
        id: begun.id,
        realm,
        user,
        kind: begun.kind,
        name,
        precedence: Precedence::Further,
        secret: foundation.vault.seal(&place, enrolled.secret.expose())?,
        last_step: enrolled.last_step,
        created_at: now,
        last_used_at: Some(now),
        revision: Revision::FIRST,
    };
    let actor = AuditActor::Subject(Subject::User(user));
    let entry = Entry::done(realm, actor, AuditAction::FactorEnrolled)
        .on("factor", factor.id)
        .with(json!({ "kind": factor.kind.as_str(), "recovery_codes": codes.len() }));
    let new = NewFactor {
        event: foundation.recorder.event(entry, request, now).await?,
        factor,
        codes,
    };
    Ok(Some((new, shown)))
}

impl SignInSteps {
    /// Begins an enrolment at a step that asks for one.
    pub fn begin_enrolment(
        &self,
        realm: &ServedRealm,
        at: &AtStep,
        kind: FactorKind,
    ) -> Result<Enrolment, Failure> {
        let user = at.user();
        begin(
            &self.foundation,
            &self.methods,
            Person { realm, user },
            kind,
        )
    }

    /// The same enrolment again, after a wrong answer; a new one where it is over.
    pub fn same_enrolment(
        &self,
        realm: &ServedRealm,
        at: &AtStep,
        sealed: &str,
    ) -> Result<Enrolment, Failure> {
        let user = at.user();
        let (person, now) = (Person { realm, user }, self.foundation.clock.now());
        match open(&self.foundation, person, sealed, now) {
            Some(begun) => again(&self.methods, person, &begun, sealed),
            None => begin(&self.foundation, &self.methods, person, FactorKind::Totp),
        }
    }

    /// Finishes an enrolment at a step that asks for one, and the sign-in with it. Codes are
    /// told where the person had none.
    pub async fn finish_enrolment(
        &self,
        realm: &ServedRealm,
        (at, step): (&AtStep, &Step),
        sealed: &str,
        (answer, name): (&str, DisplayName),
        previous: Option<&str>,
        request: &RequestFacts,
    ) -> Result<(Entered, Option<NewRecoveryCodes>), EnrolError> {
        match step {
            Step::Enrol => {}
            Step::SignInAgain => return Err(EnrolError::SignInAgain),
            // Whoever has a factor proves it: a right password alone adds none.
            Step::Prove { .. } | Step::Nothing => return Err(EnrolError::Full),
        }
        let user = at.user();
        let person = Person { realm, user };
        let now = self.foundation.clock.now();
        let begun = open(&self.foundation, person, sealed, now).ok_or(EnrolError::Expired)?;
        let proved = prove(
            &self.foundation,
            &self.methods,
            person,
            &begun,
            (answer, name),
            request,
        )
        .await?;
        let Some((new, codes)) = proved else {
            return Err(EnrolError::Wrong);
        };
        let method = begun.kind.method();
        let works = vec![Work::Keep(Box::new(new))];
        match self
            .finish(realm, at, works, method, previous, request)
            .await
        {
            Ok(entered) => Ok((entered, codes)),
            Err(StepError::Lost) => Err(EnrolError::Full),
            Err(StepError::Failed(failure)) => Err(failure.into()),
        }
    }
}

fn place(realm: Id<Realm>, user: Id<User>) -> String {
    format!("{realm}|pending|{user}|enrolment")
}
