//! Keeps every realm supplied with keys and walks them through their life, without a restart
//! and without breaking a token in flight.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_domain::{AuditAction, Id, KeyAlgorithm, Realm, Setting, SigningKey, Timestamp};
use gatelodge_ports::Signer;
use gatelodge_ports::store::{Change, Lock};
use serde_json::json;

use super::generate::generate;
use super::jwks::JWKS_MAX_AGE;
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::realms::ServedRealm;
use crate::{Error, Failure, Foundation};

/// Who has a key rotated. An administrator acts from a realm of their own.
#[derive(Debug, Clone, Copy)]
pub struct RotatedBy {
    /// Who.
    pub actor: AuditActor,
    /// In which realm they are, where it is another one than the key's.
    pub realm: Option<Id<Realm>>,
}

impl From<AuditActor> for RotatedBy {
    fn from(actor: AuditActor) -> Self {
        Self { actor, realm: None }
    }
}

/// Makes, activates, retires and removes signing keys.
pub struct KeyMaintenance {
    pub(super) foundation: Arc<Foundation>,
}

/// How a key is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// The next key signs as soon as it has been in the JWKS for its `max-age`.
    WhenAnnounced,
    /// It signs now, though whoever read the JWKS lately may not know it yet.
    AtOnce,
    /// A new key signs now, and all others are gone.
    Removing(RemovalReason),
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// How many keys left the JWKS at once.
    pub dropped: usize,
    /// From when on the new key signs: now, or the moment for which it waits.
    pub signs_at: Timestamp,
}

/// A rotation before it is written.
struct Plan {
    steps: Vec<Step>,
    dropped: usize,
    signs_at: Timestamp,
}

/// A step of a key's life, with the event that records it.
pub(super) struct Step {
    pub(super) key: SigningKey,
    pub(super) action: AuditAction,
    pub(super) is_new: bool,
}

impl KeyMaintenance {
    /// Maintenance over the whole house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// The active signer of an algorithm. Where the realm has none yet the request waits for
    /// one to be made; it is in the JWKS before its first signature.
    pub async fn signer(
        &self,
        realm: &ServedRealm,
        algorithm: KeyAlgorithm,
    ) -> Result<Arc<dyn Signer>, Failure> {
        let id = realm.realm.id;
        if let Some(signer) = self.foundation.key_rings.of(id).await?.signer(algorithm) {
            return Ok(signer.clone());
        }
        self.supply(id, algorithm).await?;
        let ring = self.foundation.key_rings.of(id).await?;
        ring.signer(algorithm).cloned().ok_or_else(|| {
            Failure::broken(format!("no {} key after one was made", algorithm.as_str()))
        })
    }

    /// Makes sure that a realm has an active key of an algorithm. Of many callers at once, one
    /// key is kept.
    pub async fn supply(&self, realm: Id<Realm>, algorithm: KeyAlgorithm) -> Result<(), Failure> {
        let now = self.foundation.clock.now();
        let state = KeyState::Active { since: now };
        let key = generate(&self.foundation, realm, algorithm, state, now).await?;
        let step = Step {
            key,
            action: AuditAction::KeyGenerated,
            is_new: true,
        };
        self.write(realm, vec![step], now, |keys| {
            keys.iter()
                .any(|key| key.algorithm == algorithm && key.is_active())
        })
        .await
    }

    /// One round for one realm: a spare for every algorithm, a successor for a key whose time
    /// has come, an end for a retired one.
    pub async fn run(&self, realm: &ServedRealm) -> Result<(), Error> {
        let id = realm.realm.id;
        // Nearly always nothing is due, and with a thousand realms reading is all of a round.
        let mut keys = self.all_keys_of(id).await?;
        for algorithm in KeyAlgorithm::ALL {
            let steps = self.due(realm, algorithm, &keys).await?;
            let is_supplied = |key: &SigningKey| key.algorithm == algorithm && key.is_active();
            if steps.is_empty() && keys.iter().any(is_supplied) {
                continue;
            }
            let now = self.foundation.clock.now();
            self.write(id, steps, now, |_| false).await?;
            // Making a key takes time, in which somebody may have rotated another.
            keys = self.all_keys_of(id).await?;
        }
        Ok(())
    }

    /// Rotates: the spare takes over. It does so now where it has been announced for long
    /// enough, or where nobody holds an older JWKS because the realm has no such key yet;
    /// otherwise as soon as it has, unless it must be at once. With a reason for removal the old
    /// keys leave the JWKS at once and every token that they signed is void.
    pub async fn rotate(
        &self,
        realm: &ServedRealm,
        algorithm: KeyAlgorithm,
        how: Rotation,
        by: impl Into<RotatedBy>,
        request: &RequestFacts,
    ) -> Result<Rotated, Error> {
        let now = self.foundation.clock.now();
        let keys = self.keys_of(realm.realm.id, algorithm).await?;
        let rotated = match how {
            Rotation::Removing(reason) => {
                self.replacing_all(realm, algorithm, &keys, reason, now)
                    .await?
            }
            Rotation::AtOnce => self.taking_over(realm, algorithm, &keys, now).await?,
            Rotation::WhenAnnounced => {
                let is_ready = |key: &SigningKey| key.is_next() && is_announced(key, now);
                if keys.iter().any(is_ready) || !keys.iter().any(SigningKey::is_active) {
                    self.taking_over(realm, algorithm, &keys, now).await?
                } else {
                    self.waiting(realm, algorithm, &keys, now).await?
                }
            }
        };
        let Plan {
            steps,
            dropped,
            signs_at,
        } = rotated;
        self.write_by(realm.realm.id, steps, now, by.into(), request, |_| false)
            .await?;
        Ok(Rotated { dropped, signs_at })
    }

    /// A new key signs, and all others that were published are gone.
    async fn replacing_all(
        &self,
        realm: &ServedRealm,
        algorithm: KeyAlgorithm,
        keys: &[SigningKey],
        reason: RemovalReason,
        now: Timestamp,
    ) -> Result<Plan, Failure> {
        let state = KeyState::Active { since: now };
        let mut steps = vec![self.made(realm, algorithm, state, now).await?];
        for key in keys.iter().filter(|key| key.is_published()) {
            steps.push(removed(key.clone(), now, reason)?);
        }
        Ok(Plan {
            dropped: steps.len() - 1,
            steps,
            signs_at: now,
        })
    }

    /// The spare that was announced first signs from now on, or a new key where there is none.
    async fn taking_over(
        &self,
        realm: &ServedRealm,
        algorithm: KeyAlgorithm,
        keys: &[SigningKey],
        now: Timestamp,
    ) -> Result<Plan, Failure> {
        let mut steps = Vec::new();
        if let Some(spare) = keys.iter().find(|key| key.is_next()) {
            steps.push(activated(spare.clone(), now)?);
        } else {
            let state = KeyState::Active { since: now };
            steps.push(self.made(realm, algorithm, state, now).await?);
        }
        for key in keys.iter().filter(|key| key.is_active()) {
            steps.push(retired(key.clone(), realm, now)?);
        }
        Ok(Plan {
            steps,
            dropped: 0,
            signs_at: now,
        })
    }

    /// The spare that was announced first, or a new one, waits until everybody can know it.
    async fn waiting(
        &self,
        realm: &ServedRealm,
        algorithm: KeyAlgorithm,
        keys: &[SigningKey],
        now: Timestamp,
    ) -> Result<Plan, Failure> {
        let spare = keys.iter().find(|key| key.is_next());
        let announced = spare.map_or(now, |key| key.created_at);
        let signs_at = announced.plus(JWKS_MAX_AGE);
        let from = Some(signs_at);
        let step = if let Some(spare) = spare {
            scheduled(spare.clone(), from)?
        } else {
            let state = KeyState::Next { from };
            self.made(realm, algorithm, state, now).await?
        };
        Ok(Plan {
            steps: vec![step],
            dropped: 0,
            signs_at,
        })
    }

    /// A new key, as a step.
    pub(super) async fn made(
        &self,
        realm: &ServedRealm,
        algorithm: KeyAlgorithm,
        state: KeyState,
        now: Timestamp,
    ) -> Result<Step, Failure> {
        let key = generate(&self.foundation, realm.realm.id, algorithm, state, now).await?;
        Ok(Step {
            key,
            action: AuditAction::KeyGenerated,
            is_new: true,
        })
    }

    async fn keys_of(
        &self,
        realm: Id<Realm>,
        algorithm: KeyAlgorithm,
    ) -> Result<Vec<SigningKey>, Failure> {
        let mut keys = self.all_keys_of(realm).await?;
        keys.retain(|key| key.algorithm == algorithm);
        Ok(keys)
    }

    pub(super) async fn all_keys_of(&self, realm: Id<Realm>) -> Result<Vec<SigningKey>, Failure> {
        let mut view = self.foundation.store.read().await?;
        Ok(view.keys().list(realm).await?)
    }

    async fn due(
        &self,
        realm: &ServedRealm,
        algorithm: KeyAlgorithm,
        keys: &[SigningKey],
    ) -> Result<Vec<Step>, Error> {
        let now = self.foundation.clock.now();
        let of_algorithm = || keys.iter().filter(|key| key.algorithm == algorithm);
        let mut steps = Vec::new();
        for key in of_algorithm() {
            match key.state {
                KeyState::Retired { until, .. } if until <= now => {
                    steps.push(removed(key.clone(), now, RemovalReason::Expired)?);
                }
                _ => {}
            }
        }
        let active = of_algorithm().find(|key| key.is_active());
        let Some(active) = active else {
            // The first key of an algorithm needs no spare yet; the next round makes one.
            self.supply(realm.realm.id, algorithm).await?;
            return Ok(steps);
        };
        // One whose moment was decided comes before the one that waits for the interval.
        let is_due = |key: &&SigningKey| {
            matches!(key.state, KeyState::Next { from: Some(from) } if from <= now)
                && is_announced(key, now)
        };
        let is_spare = |key: &&SigningKey| key.state == KeyState::Next { from: None };
        let spare = of_algorithm().find(is_spare);
        if let Some(next) = of_algorithm().find(is_due) {
            steps.push(activated(next.clone(), now)?);
            steps.push(retired(active.clone(), realm, now)?);
            return Ok(steps);
        }
        let Some(spare) = spare else {
            let state = KeyState::Next { from: None };
            steps.push(self.made(realm, algorithm, state, now).await?);
            return Ok(steps);
        };
        let worn = match active.state {
            KeyState::Active { since } => {
                since.plus(realm.duration(Setting::KeyRotationInterval)) <= now
            }
            _ => false,
        };
        if worn && is_announced(spare, now) {
            steps.push(activated(spare.clone(), now)?);
            steps.push(retired(active.clone(), realm, now)?);
        }
        Ok(steps)
    }

    async fn write(
        &self,
        realm: Id<Realm>,
        steps: Vec<Step>,
        now: Timestamp,
        superfluous: impl Fn(&[SigningKey]) -> bool,
    ) -> Result<(), Failure> {
        let request = RequestFacts::default();
        self.write_by(
            realm,
            steps,
            now,
            AuditActor::System.into(),
            &request,
            superfluous,
        )
        .await
        .map(|_| ())
    }

    /// Writes the steps with their events; false, and nothing written, where they turn out to be
    /// superfluous under the lock.
    pub(super) async fn write_by(
        &self,
        realm: Id<Realm>,
        steps: Vec<Step>,
        now: Timestamp,
        by: RotatedBy,
        request: &RequestFacts,
        superfluous: impl Fn(&[SigningKey]) -> bool,
    ) -> Result<bool, Failure> {
        if steps.is_empty() {
            return Ok(true);
        }
        let mut events = Vec::with_capacity(steps.len());
        for step in &steps {
            let facts = json!({
                "kid": step.key.key_id.as_str(),
                "alg": step.key.algorithm.as_str(),
            });
            let mut entry = Entry::done(realm, by.actor, step.action)
                .on("key", step.key.id)
                .with(facts);
            entry.actor_realm = by.realm;
            events.push(self.foundation.recorder.event(entry, request, now).await?);
        }
        let mut unit = self.foundation.store.write().await?;
        unit.locks().lock(Lock::Realm(realm)).await?;
        let stored = unit.keys().list(realm).await?;
        if superfluous(&stored) {
            // Somebody else was quicker; what they made is as good.
            self.foundation.key_rings.drop_realm(realm);
            return Ok(false);
        }
        for step in &steps {
            if step.is_new {
                unit.keys().insert(&step.key).await?;
            } else {
                unit.keys().update(&step.key).await?;
            }
        }
        unit.audit().append(&events).await?;
        let mut announcements = Announcements::new();
        announcements
            .note(&mut *unit, Change::Keys(realm), now)
            .await?;
        unit.commit().await?;
        announcements.apply(&self.foundation);
        Ok(true)
    }
}

/// Whether whoever may hold a JWKS has met the key in it.
pub(super) fn is_announced(key: &SigningKey, now: Timestamp) -> bool {
    key.created_at.plus(JWKS_MAX_AGE) <= now
}

pub(super) fn scheduled(key: SigningKey, from: Option<Timestamp>) -> Result<Step, Failure> {
    let key = key
        .schedule(from)
        .map_err(|error| Failure::Broken(error.into()))?;
    Ok(Step {
        key,
        action: AuditAction::KeyScheduled,
        is_new: false,
    })
}

pub(super) fn activated(key: SigningKey, now: Timestamp) -> Result<Step, Failure> {
    let key = key
        .activate(now)
        .map_err(|error| Failure::Broken(error.into()))?;
    Ok(Step {
        key,
        action: AuditAction::KeyActivated,
        is_new: false,
    })
}

pub(super) fn retired(
    key: SigningKey,
    realm: &ServedRealm,
    now: Timestamp,
) -> Result<Step, Failure> {
    // A client may set longer lifetimes than its realm; a day covers every bound there is.
    let longest = Setting::AccessTokenLifetime
        .spec()
        .max
        .max(Setting::IdTokenLifetime.spec().max);
    let set = realm.duration(Setting::AccessTokenLifetime);
    let until = now.plus(core::time::Duration::from_secs(u64::from(longest)).max(set));
    let key = key
        .retire(now, until)
        .map_err(|error| Failure::Broken(error.into()))?;
    Ok(Step {
        key,
        action: AuditAction::KeyRetired,
        is_new: false,
    })
}

pub(super) fn removed(
    key: SigningKey,
    now: Timestamp,
    reason: RemovalReason,
) -> Result<Step, Failure> {
    let mut key = key
        .remove(now, reason)
        .map_err(|error| Failure::Broken(error.into()))?;
    // Nothing can be signed with what is not there.
    key.sealed_private = Vec::new();
    Ok(Step {
        key,
        action: AuditAction::KeyRemoved,
        is_new: false,
    })
}
