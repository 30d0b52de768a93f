//! What a step of a sign-in uses up or makes, in the unit that acts on it: exactly one of many
//! equal answers finds everything still there.

use gatelodge_domain::factor::recovery_codes::StoredRecoveryCode;
use gatelodge_domain::{AuditEvent, Digest, Factor, Id, Realm, Timestamp, User};
use gatelodge_ports::store::{Redeemed, Spent, TicketKey};
use gatelodge_ports::{StoreError, UnitOfWork};

/// What an answer uses up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spend {
    /// A time step, or a use counter, of a factor.
    Step {
        /// Of which.
        factor: Id<Factor>,
        /// Which.
        step: u64,
    },
    /// A recovery code.
    RecoveryCode(Digest),
}

/// A factor that was proved and is to be kept, with recovery codes where the person has none.
#[derive(Debug, Clone)]
pub(crate) struct NewFactor {
    pub(crate) factor: Factor,
    pub(crate) codes: Vec<StoredRecoveryCode>,
    pub(crate) event: AuditEvent,
}

/// Something that is done in the unit that starts or raises a session.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Ends the sign-in that waited.
    Redeem(TicketKey),
    /// Uses an answer up.
    Spend(Spend),
    /// Keeps a factor.
    Keep(Box<NewFactor>),
}

/// It was used up, or made, by somebody else meanwhile: the unit must not be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost;

impl Work {
    /// Does it for that person, whose row is locked.
    pub(crate) async fn run(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        realm: Id<Realm>,
        user: Id<User>,
        now: Timestamp,
    ) -> Result<Result<(), Lost>, StoreError> {
        let done = match self {
            Self::Redeem(key) => {
                matches!(unit.tickets().redeem(*key, now).await?, Redeemed::Fresh(_))
            }
            Self::Spend(spend) => spend.run(unit, realm, user, now).await? == Spent::Now,
            Self::Keep(new) => new.keep(unit).await?,
        };
        Ok(if done { Ok(()) } else { Err(Lost) })
    }
}

impl Spend {
    async fn run(
        self,
        unit: &mut (dyn UnitOfWork + '_),
        realm: Id<Realm>,
        user: Id<User>,
        now: Timestamp,
    ) -> Result<Spent, StoreError> {
        match self {
            Self::Step { factor, step } => unit.factors().use_step(realm, factor, step, now).await,
            Self::RecoveryCode(digest) => {
                let factors = unit.factors();
                factors.use_recovery_code(realm, user, &digest, now).await
            }
        }
    }
}

impl NewFactor {
    /// False where it is there already, or the person has too many.
    async fn keep(&self, unit: &mut (dyn UnitOfWork + '_)) -> Result<bool, StoreError> {
        let (realm, user) = (self.factor.realm, self.factor.user);
        let theirs = unit.factors().list_of(realm, user).await?;
        let known = theirs.iter().any(|factor| factor.id == self.factor.id);
        if known || theirs.len() >= Factor::MOST {
            return Ok(false);
        }
        unit.factors().insert(&self.factor).await?;
        unit.audit()
            .append(core::slice::from_ref(&self.event))
            .await?;
        if !theirs.iter().any(Factor::is_primary) {
            let factors = unit.factors();
            factors.make_primary(realm, user, self.factor.id).await?;
        }
        if self.codes.is_empty() {
            return Ok(true);
        }
        let codes = unit.factors().recovery_codes_of(realm, user).await?;
        if !codes.is_empty() {
            return Ok(false);
        }
        unit.factors()
            .replace_recovery_codes(realm, user, &self.codes)
            .await?;
        Ok(true)
    }
}
