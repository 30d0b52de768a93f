//! A signing key as the API shows it.

use gatelodge_domain::signing_key::{KeyState, RemovalReason};
use gatelodge_usecases::keys::KeyFacts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time;

/// A signing key.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyAnswer {
    /// Row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// Its `kid` in the JWKS.
    #[schema(example = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    kid: String,
    /// What it signs with.
    #[schema(example = "ES256")]
    alg: &'static str,
    /// Since when; `next` keys have been there since `created_at`.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    since: Option<String>,
    /// Until when a retired key verifies.
    #[schema(format = DateTime, example = "2026-02-01T12:00:00.000Z")]
    until: Option<String>,
    /// Of a `next` key: from when on it may sign, because everybody can know it.
    #[schema(format = DateTime, example = "2026-01-31T12:05:00.000Z")]
    may_sign_from: Option<String>,
    /// Of an `active` key: when another follows it, as things stand.
    #[schema(format = DateTime, example = "2026-05-01T12:00:00.000Z")]
    rotates_at: Option<String>,
    /// When it was made or brought in, which is when it entered the JWKS.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    #[serde(flatten)]
    body: KeyBody,
}

/// What of a key can be changed. It goes from `next` to `active` to `retired` to `removed`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyPatch)]
pub(crate) struct KeyBody {
    /// `next`, `active`, `retired` or `removed`.
    #[schema(example = "active")]
    pub(super) state: String,
    /// Of a `next` key: when it begins to sign, where that was decided; otherwise when the
    /// active one is worn.
    #[serde(default)]
    #[schema(format = DateTime, example = "2026-03-01T00:00:00.000Z")]
    pub(super) activates_at: Option<String>,
    /// Why it was removed: `expired` (its time was over, or it never signed) or `compromised`.
    #[serde(default)]
    #[schema(example = "expired")]
    pub(super) removal_reason: Option<String>,
}

impl KeyBody {
    pub(super) fn of(facts: &KeyFacts) -> Self {
        let (state, activates_at, reason) = match facts.key.state {
            KeyState::Next { from } => ("next", from, None),
            KeyState::Active { .. } => ("active", None, None),
            KeyState::Retired { .. } => ("retired", None, None),
            KeyState::Removed { reason, .. } => ("removed", None, Some(reason)),
        };
        Self {
            state: state.to_owned(),
            activates_at: activates_at.map(time::to_text),
            removal_reason: reason.map(|reason| {
                let word = match reason {
                    RemovalReason::Expired => "expired",
                    RemovalReason::Compromised => "compromised",
                };
                word.to_owned()
            }),
        }
    }
}

impl KeyAnswer {
    pub(super) fn of(facts: &KeyFacts) -> Self {
        let key = &facts.key;
        let (since, until) = match key.state {
            KeyState::Next { .. } => (None, None),
            KeyState::Active { since } | KeyState::Removed { since, .. } => (Some(since), None),
            KeyState::Retired { since, until } => (Some(since), Some(until)),
        };
        Self {
            id: key.id.to_string(),
            kid: key.key_id.as_str().to_owned(),
            alg: key.algorithm.as_str(),
            since: since.map(time::to_text),
            until: until.map(time::to_text),
            may_sign_from: facts.may_sign_from.map(time::to_text),
            rotates_at: facts.rotates_at.map(time::to_text),
            created_at: time::to_text(key.created_at),
            body: KeyBody::of(facts),
        }
    }
}
