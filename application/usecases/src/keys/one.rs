//! What can be done with one key: bring it in, decide when it signs, let it sign, retire it, and
//! take it away.
//!
//! Two rules hold whoever asks. A key signs only when it has been in the JWKS for the `max-age`
//! of that document, so that nobody meets a `kid` that they cannot know; and a key that signed
//! stays there until its last token has expired, unless it is compromised, which voids them.

use core::time::Duration;

use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_domain::{AuditAction, Id, KeyAlgorithm, SecretText, Setting, SigningKey, Timestamp};
use gatelodge_ports::{SignerError, StoreError};

use super::generate::sealed;
use super::jwks::JWKS_MAX_AGE;
use super::maintain::{Step, activated, is_announced, removed, retired, scheduled};
use super::{KeyMaintenance, RotatedBy};
use crate::admin::{AdminError, Refusal};
use crate::audit::RequestFacts;
use crate::realms::ServedRealm;
use crate::{ErrorCode, Failure};

/// A key from elsewhere.
#[derive(Debug)]
pub struct ImportedKey {
    /// What it shall sign with.
    pub algorithm: KeyAlgorithm,
    /// The private key: PKCS #8 as PEM, not encrypted.
    pub pem: SecretText,
    /// When it begins to sign, where that is decided already.
    pub from: Option<Timestamp>,
}

/// On whose behalf, and in which request.
#[derive(Debug, Clone, Copy)]
pub struct Acting<'a> {
    /// Who.
    pub by: RotatedBy,
    /// Facts of the request.
    pub request: &'a RequestFacts,
}

impl KeyMaintenance {
    /// Brings a key in from elsewhere, as one that is announced.
    pub async fn import(
        &self,
        realm: &ServedRealm,
        new: ImportedKey,
        acting: Acting<'_>,
    ) -> Result<SigningKey, AdminError> {
        let algorithm = new.algorithm;
        let made = self.foundation.key_factory.import(algorithm, new.pem);
        let made = made.await.map_err(|error| match error {
            SignerError::BadKey(why) => AdminError::from(Refusal::field("private_key", why)),
            other @ SignerError::Failed(_) => other.into(),
        })?;
        let now = self.foundation.clock.now();
        let state = KeyState::Next { from: new.from };
        let key = sealed(
            &self.foundation,
            realm.realm.id,
            (algorithm, made),
            state,
            now,
        )?;
        let step = Step {
            key: key.clone(),
            action: AuditAction::KeyImported,
            is_new: true,
        };
        let is_known = |stored: &[SigningKey]| stored.iter().any(|old| old.key_id == key.key_id);
        let written = self.write_by(
            realm.realm.id,
            vec![step],
            now,
            acting.by,
            acting.request,
            is_known,
        );
        if !written.await? {
            return Err(Refusal {
                field: Some("private_key".into()),
                ..conflict("the realm has, or had, this very key")
            }
            .into());
        }
        Ok(key)
    }

    /// Decides when an announced key begins to sign; `None` leaves it to the interval.
    pub async fn schedule(
        &self,
        realm: &ServedRealm,
        id: Id<SigningKey>,
        from: Option<Timestamp>,
        acting: Acting<'_>,
    ) -> Result<SigningKey, AdminError> {
        let now = self.foundation.clock.now();
        let (key, _) = self.one_of(realm, id).await?;
        if !key.is_next() {
            return Err(conflict("only a key that is announced waits for its moment").into());
        }
        if from.is_some_and(|from| from < earliest(&key, now)) {
            return Err(Refusal::field(
                "activates_at",
                format!("{}; use a later moment", too_early(&key, now)),
            )
            .into());
        }
        let step = scheduled(key, from)?;
        self.put(realm, id, vec![step], now, acting).await
    }

    /// Lets an announced key sign from now on; the one that did so retires.
    pub async fn activate(
        &self,
        realm: &ServedRealm,
        id: Id<SigningKey>,
        acting: Acting<'_>,
    ) -> Result<SigningKey, AdminError> {
        let now = self.foundation.clock.now();
        let (key, keys) = self.one_of(realm, id).await?;
        match key.state {
            KeyState::Active { .. } => return Ok(key),
            KeyState::Next { .. } if is_announced(&key, now) => {}
            KeyState::Next { .. } => return Err(conflict(too_early(&key, now)).into()),
            KeyState::Retired { .. } | KeyState::Removed { .. } => {
                return Err(conflict("a key that has signed does not begin again").into());
            }
        }
        let mut steps = vec![activated(key.clone(), now)?];
        for old in keys.iter().filter(|old| signs_like(old, &key)) {
            steps.push(retired(old.clone(), realm, now)?);
        }
        self.put(realm, id, steps, now, acting).await
    }

    /// Retires the key that signs; the announced one that is known for long enough follows.
    pub async fn retire(
        &self,
        realm: &ServedRealm,
        id: Id<SigningKey>,
        acting: Acting<'_>,
    ) -> Result<SigningKey, AdminError> {
        let now = self.foundation.clock.now();
        let (key, keys) = self.one_of(realm, id).await?;
        match key.state {
            KeyState::Retired { .. } => return Ok(key),
            KeyState::Active { .. } => {}
            KeyState::Next { .. } | KeyState::Removed { .. } => {
                return Err(conflict("only the key that signs can be retired").into());
            }
        }
        let follows = |next: &&SigningKey| {
            next.algorithm == key.algorithm && next.is_next() && is_announced(next, now)
        };
        let Some(next) = keys.iter().find(follows) else {
            return Err(conflict(
                "no other key of this algorithm has been announced for long enough to follow; \
                 rotate it, or try again in a few minutes",
            )
            .into());
        };
        let steps = vec![activated(next.clone(), now)?, retired(key, realm, now)?];
        self.put(realm, id, steps, now, acting).await
    }

    /// Takes a key away. One that never signed just goes; any other must be compromised, and
    /// what it signed is void from now on. If it was the one that signs, another follows at
    /// once.
    pub async fn remove(
        &self,
        realm: &ServedRealm,
        id: Id<SigningKey>,
        reason: RemovalReason,
        acting: Acting<'_>,
    ) -> Result<SigningKey, AdminError> {
        let now = self.foundation.clock.now();
        let (key, keys) = self.one_of(realm, id).await?;
        if !key.is_published() {
            return Ok(key);
        }
        if reason == RemovalReason::Expired && !key.is_next() {
            return Err(conflict(
                "tokens that this key signed may still be in use; only `compromised` takes it \
                 away before they have expired",
            )
            .into());
        }
        let mut steps = vec![removed(key.clone(), now, reason)?];
        if key.is_active() {
            let next = keys
                .iter()
                .find(|next| next.algorithm == key.algorithm && next.is_next());
            steps.push(if let Some(next) = next {
                activated(next.clone(), now)?
            } else {
                let state = KeyState::Active { since: now };
                self.made(realm, key.algorithm, state, now).await?
            });
        }
        self.put(realm, id, steps, now, acting).await
    }

    /// The key, and all of its realm.
    async fn one_of(
        &self,
        realm: &ServedRealm,
        id: Id<SigningKey>,
    ) -> Result<(SigningKey, Vec<SigningKey>), AdminError> {
        let keys = self.all_keys_of(realm.realm.id).await?;
        let found = keys.iter().find(|key| key.id == id).cloned();
        let key = found.ok_or_else(|| Refusal::not_found("there is no such key"))?;
        Ok((key, keys))
    }

    /// Writes the steps and answers how the key stands after them.
    async fn put(
        &self,
        realm: &ServedRealm,
        id: Id<SigningKey>,
        steps: Vec<Step>,
        now: Timestamp,
        acting: Acting<'_>,
    ) -> Result<SigningKey, AdminError> {
        let never = |_: &[SigningKey]| false;
        self.write_by(realm.realm.id, steps, now, acting.by, acting.request, never)
            .await
            .map_err(stale)?;
        self.one_of(realm, id).await.map(|(key, _)| key)
    }
}

/// When an announced key may sign at the earliest.
pub(super) fn earliest(key: &SigningKey, now: Timestamp) -> Timestamp {
    key.created_at.plus(JWKS_MAX_AGE).max(now)
}

/// When the active key of an algorithm is followed, as things stand: at a moment that was
/// decided, or when it is worn.
pub(super) fn followed_at(
    realm: &ServedRealm,
    active: &SigningKey,
    keys: &[SigningKey],
) -> Option<Timestamp> {
    let KeyState::Active { since } = active.state else {
        return None;
    };
    let worn = since.plus(realm.duration(Setting::KeyRotationInterval));
    let decided = keys.iter().filter_map(|key| match key.state {
        KeyState::Next { from: Some(from) } if key.algorithm == active.algorithm => {
            Some(from.max(key.created_at.plus(JWKS_MAX_AGE)))
        }
        _ => None,
    });
    Some(decided.fold(worn, Timestamp::min))
}

fn signs_like(old: &SigningKey, key: &SigningKey) -> bool {
    old.algorithm == key.algorithm && old.is_active()
}

fn too_early(key: &SigningKey, now: Timestamp) -> String {
    let left = earliest(key, now).since(now).max(Duration::from_secs(1));
    format!(
        "whoever read the JWKS lately may not know this key yet; it can sign in {} seconds",
        left.as_secs()
    )
}

fn conflict(description: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::Conflict, description)
}

/// Somebody else was quicker: a key is not where it was.
pub(super) fn stale(failure: Failure) -> AdminError {
    if let Failure::Broken(source) = &failure
        && matches!(source.downcast_ref(), Some(StoreError::Stale))
    {
        return Refusal::stale().into();
    }
    failure.into()
}
