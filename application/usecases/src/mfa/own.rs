//! What a person may do with their own second factors, on their own page. Every change asks for
//! a sign-in that is young, so that a browser left open does not give an account away.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::factor::in_order;
use gatelodge_domain::{
    AuditAction, AuditEvent, DisplayName, Factor, FactorKind, Id, Realm, Subject, User,
};
use gatelodge_ports::store::Lock;
use gatelodge_ports::{StoreError, UnitOfWork};
use serde_json::json;

use super::enrol::{self, EnrolError, Enrolment};
use super::method::{FactorMethods, Person};
use super::recovery::{NewRecoveryCodes, RecoveryCount, make};
use super::spend::Work;
use super::steps::is_recent;
use crate::audit::{Entry, RequestFacts};
use crate::realms::ServedRealm;
use crate::sessions::SignedIn;
use crate::sign_in::{NewSession, SignInError, StartSession};
use crate::{Failure, Foundation};

/// What a person has.
#[derive(Debug)]
pub struct Overview {
    /// Their factors, the primary one first.
    pub factors: Vec<Factor>,
    /// Their recovery codes.
    pub recovery: RecoveryCount,
    /// Whether their sign-in is young enough to change any of it.
    pub may_change: bool,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OwnFactorsError {
    /// The sign-in is too old for this.
    #[error("a recent sign-in is needed")]
    SignInAgain,
    /// There is no such factor.
    #[error("there is no such factor")]
    Unknown,
    /// It could not be done.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<StoreError> for OwnFactorsError {
    fn from(error: StoreError) -> Self {
        match error {
            // Somebody was quicker: what was meant is not there any more.
            StoreError::Stale => Self::Unknown,
            other => Self::Failed(other.into()),
        }
    }
}

/// A person's own second factors.
pub struct OwnFactors {
    foundation: Arc<Foundation>,
    methods: FactorMethods,
    start: StartSession,
}

impl OwnFactors {
    /// Over a house, for those kinds.
    pub fn new(foundation: Arc<Foundation>, methods: FactorMethods) -> Self {
        Self {
            start: StartSession::new(foundation.clone()),
            foundation,
            methods,
        }
    }

    /// What they have.
    pub async fn overview(&self, realm: &ServedRealm, me: &SignedIn) -> Result<Overview, Failure> {
        let id = realm.realm.id;
        let mut view = self.foundation.store.read().await?;
        let factors = view.factors().list_of(id, me.user.id).await?;
        let codes = view.factors().recovery_codes_of(id, me.user.id).await?;
        Ok(Overview {
            factors: in_order(factors),
            recovery: RecoveryCount::of(&codes),
            may_change: is_recent(realm, me, self.foundation.clock.now()),
        })
    }

    /// Begins to enrol another one.
    pub fn begin(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        kind: FactorKind,
    ) -> Result<Enrolment, EnrolError> {
        if !is_recent(realm, me, self.foundation.clock.now()) {
            return Err(EnrolError::SignInAgain);
        }
        let user = &me.user;
        let person = Person { realm, user };
        Ok(enrol::begin(&self.foundation, &self.methods, person, kind)?)
    }

    /// The same enrolment again, after a wrong answer.
    pub fn again(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        sealed: &str,
    ) -> Result<Enrolment, EnrolError> {
        let (person, now) = (
            Person {
                realm,
                user: &me.user,
            },
            self.foundation.clock.now(),
        );
        let begun =
            enrol::open(&self.foundation, person, sealed, now).ok_or(EnrolError::Expired)?;
        Ok(enrol::again(&self.methods, person, &begun, sealed)?)
    }

    /// Enrols it. The session has proved a second factor then, and says so from now on, under a
    /// new secret. Codes are told where the person had none.
    pub async fn finish(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        sealed: &str,
        (answer, name): (&str, DisplayName),
        request: &RequestFacts,
    ) -> Result<(NewSession, Option<NewRecoveryCodes>), EnrolError> {
        let now = self.foundation.clock.now();
        if !is_recent(realm, me, now) {
            return Err(EnrolError::SignInAgain);
        }
        let person = Person {
            realm,
            user: &me.user,
        };
        let begun =
            enrol::open(&self.foundation, person, sealed, now).ok_or(EnrolError::Expired)?;
        let proved = enrol::prove(
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
        let works = vec![Work::Keep(Box::new(new))];
        let method = begun.kind().method();
        match self.start.raise(realm, me, works, method, request).await {
            Ok(session) => Ok((session, codes)),
            Err(SignInError::Failed(failure)) => Err(failure.into()),
            Err(SignInError::WrongCredentials | SignInError::TooMany { .. }) => {
                Err(EnrolError::Full)
            }
        }
    }

    /// Gives one another name.
    pub async fn rename(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        id: Id<Factor>,
        name: DisplayName,
        request: &RequestFacts,
    ) -> Result<(), OwnFactorsError> {
        let factor = self.mine(realm, me, id).await?;
        let event = self
            .event(realm, me, AuditAction::FactorChanged, id, request)
            .await?;
        let mut unit = self.foundation.store.write().await?;
        unit.factors().rename(&Factor { name, ..factor }).await?;
        unit.audit().append(&[event]).await?;
        Ok(unit.commit().await?)
    }

    /// Asks for one first from now on.
    pub async fn make_primary(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        id: Id<Factor>,
        request: &RequestFacts,
    ) -> Result<(), OwnFactorsError> {
        self.mine(realm, me, id).await?;
        let event = self
            .event(realm, me, AuditAction::FactorChanged, id, request)
            .await?;
        let (realm, user) = (realm.realm.id, me.user.id);
        let mut unit = self.foundation.store.write().await?;
        unit.locks().lock(Lock::User(realm, user)).await?;
        if unit.factors().find(realm, user, id).await?.is_none() {
            return Err(OwnFactorsError::Unknown);
        }
        unit.factors().make_primary(realm, user, id).await?;
        unit.audit().append(&[event]).await?;
        Ok(unit.commit().await?)
    }

    /// Removes one. With the last one go the recovery codes, which stand in for it; where it was
    /// the primary one, the oldest other is from now on.
    pub async fn remove(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        id: Id<Factor>,
        request: &RequestFacts,
    ) -> Result<(), OwnFactorsError> {
        self.mine(realm, me, id).await?;
        let event = self
            .event(realm, me, AuditAction::FactorRemoved, id, request)
            .await?;
        let (realm, user) = (realm.realm.id, me.user.id);
        let mut unit = self.foundation.store.write().await?;
        unit.locks().lock(Lock::User(realm, user)).await?;
        if !remove(&mut *unit, realm, user, id).await? {
            return Err(OwnFactorsError::Unknown);
        }
        unit.audit().append(&[event]).await?;
        Ok(unit.commit().await?)
    }

    /// Makes new recovery codes; the former ones are void. `Unknown` for somebody without a
    /// factor, who needs none.
    pub async fn renew_codes(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        request: &RequestFacts,
    ) -> Result<NewRecoveryCodes, OwnFactorsError> {
        let now = self.foundation.clock.now();
        if !is_recent(realm, me, now) {
            return Err(OwnFactorsError::SignInAgain);
        }
        let (id, user) = (realm.realm.id, me.user.id);
        let (shown, codes) = make(&self.foundation, id, user, now);
        let entry = entry(realm, me, AuditAction::RecoveryCodesMade)
            .on("user", user)
            .with(json!({ "count": codes.len() }));
        let event = self.foundation.recorder.event(entry, request, now).await?;
        let mut unit = self.foundation.store.write().await?;
        unit.locks().lock(Lock::User(id, user)).await?;
        if unit.factors().list_of(id, user).await?.is_empty() {
            return Err(OwnFactorsError::Unknown);
        }
        unit.factors()
            .replace_recovery_codes(id, user, &codes)
            .await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        Ok(shown)
    }

    /// One of theirs, where their sign-in is young enough to change it.
    async fn mine(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        id: Id<Factor>,
    ) -> Result<Factor, OwnFactorsError> {
        if !is_recent(realm, me, self.foundation.clock.now()) {
            return Err(OwnFactorsError::SignInAgain);
        }
        let mut view = self.foundation.store.read().await?;
        let found = view.factors().find(realm.realm.id, me.user.id, id).await?;
        found.ok_or(OwnFactorsError::Unknown)
    }

    async fn event(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        action: AuditAction,
        id: Id<Factor>,
        request: &RequestFacts,
    ) -> Result<AuditEvent, Failure> {
        let entry = entry(realm, me, action).on("factor", id);
        let now = self.foundation.clock.now();
        self.foundation.recorder.event(entry, request, now).await
    }
}

fn entry(realm: &ServedRealm, me: &SignedIn, action: AuditAction) -> Entry {
    let actor = AuditActor::Subject(Subject::User(me.user.id));
    let mut entry = Entry::done(realm.realm.id, actor, action);
    entry.session = Some(me.session.id);
    entry
}

/// Removes one of a person's factors in a unit in which their row is locked; false where there
/// was none.
pub(super) async fn remove(
    unit: &mut (dyn UnitOfWork + '_),
    realm: Id<Realm>,
    user: Id<User>,
    id: Id<Factor>,
) -> Result<bool, StoreError> {
    if !unit.factors().remove(realm, user, id).await? {
        return Ok(false);
    }
    let left = unit.factors().list_of(realm, user).await?;
    match left.first() {
        None => {
            unit.factors()
                .replace_recovery_codes(realm, user, &[])
                .await?;
        }
        Some(oldest) if !left.iter().any(Factor::is_primary) => {
            unit.factors().make_primary(realm, user, oldest.id).await?;
        }
        Some(_) => {}
    }
    Ok(true)
}
