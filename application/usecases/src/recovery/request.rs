//! Somebody says that they forgot their password.
//!
//! Nothing here looks for a person. What is typed is counted and put into the outbox, sealed,
//! and the answer is the same for every name: an account's existence is in neither its bytes nor
//! its time.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::name::canonical_key;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{AuditAction, Setting, Timestamp};
use gatelodge_ports::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::count::{Count, Counted};
use crate::audit::{Entry, RequestFacts};
use crate::mail::sealed_message;
use crate::realms::ServedRealm;
use crate::sign_in::FamiliarBrowsers;
use crate::sign_in::throttle::{Address, Addresses};
use crate::{Failure, Foundation};

/// No name is longer; what is typed is cut there.
const LONGEST: usize = 320;

pub(super) const VERSION: u8 = 1;

/// What was typed, and by whom.
#[derive(Clone, Copy)]
pub struct AskedFor<'a> {
    /// A user name or a mail address.
    pub name: &'a str,
    /// The language of the page.
    pub language: &'a str,
    /// The value of the cookie of [`FamiliarBrowsers`], if one came.
    pub familiar: Option<&'a str>,
}

/// Why nothing was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The house cannot send mail, or the realm does not offer this.
    #[error("passwords are not reset by mail here")]
    NotOffered,
    /// Too many under this name or from this address.
    #[error("too many requests")]
    TooMany {
        /// When the next one counts again.
        retry_after: Duration,
    },
    /// It could not be tried.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<StoreError> for RecoveryError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// A request as the outbox keeps it.
#[derive(Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) v: u8,
    pub(super) name: String,
    pub(super) language: String,
    pub(super) at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<String>,
}

/// Takes requests.
pub struct RecoverAccount {
    foundation: Arc<Foundation>,
    familiar: FamiliarBrowsers,
    addresses: Addresses,
}

impl RecoverAccount {
    /// Over a house. One for the whole process: it counts what comes from each address.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self {
            familiar: FamiliarBrowsers::new(foundation.rng.clone(), foundation.vault.clone()),
            addresses: Addresses::default(),
            foundation,
        }
    }

    /// Whether a person of that realm can ask for a link.
    pub fn is_offered(&self, realm: &ServedRealm) -> bool {
        is_offered(&self.foundation, realm)
    }

    /// Takes a request. The answer says nothing about the name.
    pub async fn ask(
        &self,
        realm: &ServedRealm,
        asked: &AskedFor<'_>,
        request: &RequestFacts,
    ) -> Result<(), RecoveryError> {
        let foundation = &self.foundation;
        if !self.is_offered(realm) {
            return Err(RecoveryError::NotOffered);
        }
        let now = foundation.clock.now();
        let typed: String = asked.name.trim().chars().take(LONGEST).collect();
        let name = canonical_key(&typed).unwrap_or_else(|| typed.clone());
        let id = realm.realm.id;
        let familiar = asked
            .familiar
            .and_then(|value| self.familiar.recognise(id, &name, value, now));
        // A browser in which they signed in before is counted apart, so that a stranger who uses
        // the name up does not keep its owner out.
        let count = if let Some(browser) = familiar {
            let what = b"recovery requests of a browser";
            Count::of(foundation, realm, what, browser.as_bytes())
        } else {
            self.admit_address(realm, request, now).await?;
            Count::of(foundation, realm, b"recovery requests", name.as_bytes())
        };
        if let Counted::Over(wait) = count.look(foundation, now).await? {
            return self.too_many(realm, &name, wait, request, now).await;
        }
        let waiting = Asked {
            v: VERSION,
            name,
            language: asked.language.to_owned(),
            at: now.as_millis(),
            request_id: request.id.clone(),
            address: request.address.clone(),
            user_agent: request.user_agent.clone(),
        };
        let plain = serde_json::to_vec(&waiting).map_err(Failure::from)?;
        let message = sealed_message(foundation, id, super::CHANNEL, &plain, now)?;
        let mut unit = foundation.store.write().await?;
        if let Counted::Over(wait) = count.add(&mut *unit, now).await? {
            drop(unit);
            return self
                .too_many(realm, &waiting.name, wait, request, now)
                .await;
        }
        unit.outbox().enqueue(&message).await?;
        unit.commit().await?;
        foundation.mail.ring();
        Ok(())
    }

    async fn admit_address(
        &self,
        realm: &ServedRealm,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), RecoveryError> {
        let limit = Layers(&[&realm.realm.settings]).value(Setting::SignInAttemptsPerMinute);
        let Some(text) = request.address.as_deref().filter(|_| limit > 0) else {
            return Ok(());
        };
        let share = limit.div_ceil(self.foundation.nodes.live());
        let address = Address::of(realm.realm.id, text);
        match self.addresses.admit(&address, share, now) {
            Ok(()) => Ok(()),
            Err(wait) => self.too_many(realm, text, wait, request, now).await,
        }
    }

    /// The first refusal within a minute is an event, further ones are counted.
    async fn too_many(
        &self,
        realm: &ServedRealm,
        whose: &str,
        retry_after: Duration,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), RecoveryError> {
        let recorder = &self.foundation.recorder;
        let name = recorder.unknown_name(realm.realm.id, whose);
        let (action, reason) = (AuditAction::PasswordResetRequested, "too_many_requests");
        let entry = Entry::denied(realm.realm.id, AuditActor::Anonymous, action, reason)
            .with(json!({ "name": name }));
        recorder.refused(entry, name, request, now).await?;
        Err(RecoveryError::TooMany { retry_after })
    }
}

/// Whether a realm lets people reset their passwords, and the house can tell them how.
pub(super) fn is_offered(foundation: &Foundation, realm: &ServedRealm) -> bool {
    let allowed = Layers(&[&realm.realm.settings]).value(Setting::PasswordReset) > 0;
    foundation.mail.is_open() && allowed
}
