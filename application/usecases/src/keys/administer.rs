//! Signing keys as an administrator sees them, with what will become of them.

use std::sync::Arc;

use gatelodge_domain::signing_key::RemovalReason;
use gatelodge_domain::{Id, KeyAlgorithm, SigningKey, Timestamp};

use super::jwks::JWKS_MAX_AGE;
use super::one::{followed_at, stale};
use super::{Acting, ImportedKey, KeyMaintenance, Rotated, RotatedBy, Rotation};
use crate::admin::{AdminError, Administrators, KeysRead, KeysWrite, Permit, Refusal, Right};
use crate::{Error, Foundation};

/// A key and its next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// The key.
    pub key: SigningKey,
    /// Of an announced one: from when on it may sign.
    pub may_sign_from: Option<Timestamp>,
    /// Of the one that signs: when another follows it, as things stand.
    pub rotates_at: Option<Timestamp>,
}

/// What is to become of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStep {
    /// It waits until then to sign, or for the interval.
    Schedule(Option<Timestamp>),
    /// It signs.
    Activate,
    /// It stops signing.
    Retire,
    /// It is gone.
    Remove(RemovalReason),
}

/// Lists, rotates and moves keys.
pub struct AdministerKeys {
    foundation: Arc<Foundation>,
    administrators: Arc<Administrators>,
    maintenance: Arc<KeyMaintenance>,
}

impl AdministerKeys {
    /// Over a house and its keys.
    pub fn new(
        foundation: Arc<Foundation>,
        administrators: Arc<Administrators>,
        maintenance: Arc<KeyMaintenance>,
    ) -> Self {
        Self {
            foundation,
            administrators,
            maintenance,
        }
    }

    /// Every key of the realm in any state.
    pub async fn list(&self, permit: &Permit<KeysRead>) -> Result<Vec<KeyFacts>, AdminError> {
        let keys = self.all(permit).await?;
        Ok(keys.iter().map(|key| facts(permit, key, &keys)).collect())
    }

    /// One key.
    pub async fn get<P: Right>(
        &self,
        permit: &Permit<P>,
        id: Id<SigningKey>,
    ) -> Result<KeyFacts, AdminError> {
        let keys = self.all(permit).await?;
        let found = keys.iter().find(|key| key.id == id);
        let key = found.ok_or_else(|| Refusal::not_found("there is no such key"))?;
        Ok(facts(permit, key, &keys))
    }

    /// Brings a key in from elsewhere. In `system`, only whoever may do everything there brings
    /// one: what a key in the JWKS signed is believed, and whoever has it could sign themselves a
    /// token of anybody's.
    pub async fn import(
        &self,
        permit: &Permit<KeysWrite>,
        new: ImportedKey,
    ) -> Result<KeyFacts, AdminError> {
        self.administrators.may_do_everything(permit).await?;
        let now = self.foundation.clock.now();
        if new.from.is_some_and(|from| from < now.plus(JWKS_MAX_AGE)) {
            return Err(Refusal::field(
                "activates_at",
                format!(
                    "a key is announced for {} seconds before it signs",
                    JWKS_MAX_AGE.as_secs()
                ),
            )
            .into());
        }
        let realm = permit.realm();
        let key = self.maintenance.import(realm, new, acting(permit)).await?;
        self.get(permit, key.id).await
    }

    /// Moves a key on.
    pub async fn step(
        &self,
        permit: &Permit<KeysWrite>,
        id: Id<SigningKey>,
        step: KeyStep,
    ) -> Result<KeyFacts, AdminError> {
        let (realm, acting) = (permit.realm(), acting(permit));
        let maintenance = &self.maintenance;
        match step {
            KeyStep::Schedule(from) => maintenance.schedule(realm, id, from, acting).await?,
            KeyStep::Activate => maintenance.activate(realm, id, acting).await?,
            KeyStep::Retire => maintenance.retire(realm, id, acting).await?,
            KeyStep::Remove(reason) => maintenance.remove(realm, id, reason, acting).await?,
        };
        self.get(permit, id).await
    }

    /// Rotates the key of one algorithm.
    pub async fn rotate(
        &self,
        permit: &Permit<KeysWrite>,
        algorithm: KeyAlgorithm,
        how: Rotation,
    ) -> Result<Rotated, AdminError> {
        let Acting { by, request } = acting(permit);
        let rotated = self
            .maintenance
            .rotate(permit.realm(), algorithm, how, by, request);
        rotated.await.map_err(|error| match error {
            Error::Failed(failure) => stale(failure),
            denied @ Error::Denied(_) => denied.into(),
        })
    }

    async fn all<P: Right>(&self, permit: &Permit<P>) -> Result<Vec<SigningKey>, AdminError> {
        let mut view = self.foundation.store.read().await?;
        Ok(view.keys().list(permit.realm_id()).await?)
    }
}

fn acting<P: Right>(permit: &Permit<P>) -> Acting<'_> {
    Acting {
        by: RotatedBy {
            actor: permit.actor(),
            realm: permit.actor_realm(),
        },
        request: permit.request(),
    }
}

fn facts<P: Right>(permit: &Permit<P>, key: &SigningKey, keys: &[SigningKey]) -> KeyFacts {
    KeyFacts {
        key: key.clone(),
        may_sign_from: key.is_next().then(|| key.created_at.plus(JWKS_MAX_AGE)),
        rotates_at: followed_at(permit.realm(), key, keys),
    }
}
