//! Second factors as an administrator sees them: listed without their secrets, and taken away
//! from somebody who lost them.

use std::sync::Arc;

use gatelodge_domain::factor::in_order;
use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{AuditAction, Factor, Id, Subject, User};
use gatelodge_ports::store::Lock;
use serde_json::json;

use super::own::remove;
use super::recovery::RecoveryCount;
use crate::Foundation;
use crate::admin::{
    AdminError, Administrators, Permit, Refusal, Right, UsersRead, UsersWrite, Work,
};

/// What somebody has.
#[derive(Debug)]
pub struct FactorsOf {
    /// Their factors, the primary one first.
    pub factors: Vec<Factor>,
    /// Their recovery codes.
    pub recovery: RecoveryCount,
}

/// Lists and resets second factors.
pub struct AdministerFactors {
    foundation: Arc<Foundation>,
    administrators: Arc<Administrators>,
}

impl AdministerFactors {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>, administrators: Arc<Administrators>) -> Self {
        Self {
            foundation,
            administrators,
        }
    }

    /// What somebody has.
    pub async fn list(
        &self,
        permit: &Permit<UsersRead>,
        user: Id<User>,
    ) -> Result<FactorsOf, AdminError> {
        self.known(permit, user).await?;
        let realm = permit.realm_id();
        let mut view = self.foundation.store.read().await?;
        let factors = view.factors().list_of(realm, user).await?;
        let codes = view.factors().recovery_codes_of(realm, user).await?;
        Ok(FactorsOf {
            factors: in_order(factors),
            recovery: RecoveryCount::of(&codes),
        })
    }

    /// Removes one. With the last one go the recovery codes.
    pub async fn remove(
        &self,
        permit: &Permit<UsersWrite>,
        user: Id<User>,
        factor: Id<Factor>,
    ) -> Result<(), AdminError> {
        self.known(permit, user).await?;
        self.administrators
            .outranks(permit, Subject::User(user))
            .await?;
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::FactorRemoved)
            .on("user", user)
            .with(json!({ "factor": factor.to_string() }));
        let event = permit.event(foundation, entry, now).await?;
        let realm = permit.realm_id();
        let mut work = Work::open(foundation, now).await?;
        work.unit.locks().lock(Lock::User(realm, user)).await?;
        if !remove(&mut *work.unit, realm, user, factor).await? {
            return Err(Refusal::not_found("the user has no such factor").into());
        }
        Ok(work.commit(&[event]).await?)
    }

    /// Takes everything away, recovery codes too, and ends sign-ins that wait for a code. The
    /// person signs in with their password alone, or enrols anew where a factor is needed.
    /// Having nothing to take away is no error.
    pub async fn reset(
        &self,
        permit: &Permit<UsersWrite>,
        user: Id<User>,
    ) -> Result<(), AdminError> {
        self.known(permit, user).await?;
        self.administrators
            .outranks(permit, Subject::User(user))
            .await?;
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let entry = permit.done(AuditAction::FactorsReset).on("user", user);
        let event = permit.event(foundation, entry, now).await?;
        let realm = permit.realm_id();
        let mut work = Work::open(foundation, now).await?;
        work.unit.locks().lock(Lock::User(realm, user)).await?;
        work.unit.factors().remove_all_of(realm, user).await?;
        work.unit
            .tickets()
            .revoke_kind_of(realm, TicketKind::SignInSteps, Subject::User(user))
            .await?;
        Ok(work.commit(&[event]).await?)
    }

    async fn known<P: Right>(&self, permit: &Permit<P>, user: Id<User>) -> Result<(), AdminError> {
        let mut view = self.foundation.store.read().await?;
        let found = view.users().find(permit.realm_id(), user).await?;
        match found {
            Some(_) => Ok(()),
            None => Err(Refusal::not_found("there is no such user").into()),
        }
    }
}
