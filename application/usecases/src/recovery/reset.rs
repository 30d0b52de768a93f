//! Spending the link to a new password.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::user::Verification;
use gatelodge_domain::{AuditAction, Subject, Timestamp};
use gatelodge_ports::store::{Lock, Redeemed, TicketKey};
use gatelodge_ports::{HasherError, StoreError};

use super::link::{self, Behind, LinkKind};
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::passwords::{PasswordError, PasswordRefused, ResetPassword};
use crate::realms::ServedRealm;
use crate::sign_in::throttle::{LinkTry, TooManyLinks};
use crate::{Denial, Error, Failure, Foundation};

/// A link that is good still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReset {
    /// Whose password it sets.
    pub username: String,
}

/// Why no password was set.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The link was used, replaced, is too old, or was never one.
    #[error("this link has been used, replaced, or is too old")]
    Spent,
    /// The realm does not take the password; the link is good still.
    #[error("{0}")]
    Refused(#[from] PasswordRefused),
    /// Too many links that were tried from there opened nothing.
    #[error("too many tries")]
    TooMany {
        /// When the next one counts again.
        retry_after: Duration,
    },
    /// It could not be tried.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<StoreError> for ResetError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<TooManyLinks> for ResetError {
    fn from(too_many: TooManyLinks) -> Self {
        Self::TooMany {
            retry_after: too_many.0,
        }
    }
}

impl From<HasherError> for ResetError {
    fn from(error: HasherError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<PasswordError> for ResetError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Refused(refused) => Self::Refused(refused),
            PasswordError::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// Sets passwords by links.
pub struct ResetPasswords {
    foundation: Arc<Foundation>,
    passwords: ResetPassword,
}

impl ResetPasswords {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self {
            passwords: ResetPassword::new(foundation.clone()),
            foundation,
        }
    }

    /// What a link opens, without spending it.
    pub async fn peek(
        &self,
        realm: &ServedRealm,
        token: &str,
        request: &RequestFacts,
    ) -> Result<Option<OpenReset>, Error> {
        let now = self.foundation.clock.now();
        let looked = self.admit(realm, request, now).map_err(Denial::from)?;
        let found = self.look(realm, token, now).await?;
        if found.is_some() {
            looked.opened();
        }
        Ok(found.map(|(_, behind)| OpenReset {
            username: behind.user.username.as_str().to_owned(),
        }))
    }

    /// Spends the link and sets the password; exactly one post with a link succeeds. Everything
    /// that stood on the earlier password ends. The address to which the link went is proved.
    pub async fn reset(
        &self,
        realm: &ServedRealm,
        token: &str,
        typed: &str,
        request: &RequestFacts,
    ) -> Result<(), ResetError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let looked = match self.admit(realm, request, now) {
            Ok(looked) => looked,
            Err(too_many) => {
                let action = AuditAction::PasswordResetRequested;
                let entry = TooManyLinks::entry(realm.realm.id, action);
                let told = too_many.record(foundation, entry, request, now).await?;
                return Err(told.into());
            }
        };
        let Some((key, behind)) = self.look(realm, token, now).await? else {
            self.record_spent(realm, token, request, now).await?;
            return Err(ResetError::Spent);
        };
        looked.opened();
        // Asked and hashed before the link is spent: a refused password costs no link.
        let prepared = self
            .passwords
            .prepare(realm, &behind.user, typed, request)
            .await?;
        let now = prepared.at();
        let proves = behind.user.email_verification != Verification::Verified;
        let mut events = Vec::new();
        if proves {
            let action = AuditAction::EmailVerified;
            let entry = Entry::done(realm.realm.id, AuditActor::Anonymous, action)
                .on("user", behind.user.id);
            events.push(foundation.recorder.event(entry, request, now).await?);
        }
        let mut unit = foundation.store.write().await?;
        let lock = Lock::User(realm.realm.id, behind.user.id);
        unit.locks().lock(lock).await?;
        let Redeemed::Fresh(_) = unit.tickets().redeem(key, now).await? else {
            return Err(ResetError::Spent);
        };
        // They may have changed between the look and the lock.
        let user = unit.users().find(realm.realm.id, behind.user.id).await?;
        let credential = unit
            .passwords()
            .find(realm.realm.id, behind.user.id)
            .await?;
        let Some(mut user) = user.filter(|user| {
            user.can_authenticate(now).is_ok() && behind.standing.holds(user, credential.as_ref())
        }) else {
            return Err(ResetError::Spent);
        };
        if proves {
            user.email_verification = Verification::Verified;
            user.updated_at = now;
            unit.users().update(&user).await?;
        }
        let mut announcements = Announcements::new();
        prepared.write(&mut *unit, &mut announcements).await?;
        unit.audit().append(&events).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(())
    }

    fn admit(
        &self,
        realm: &ServedRealm,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<LinkTry<'_>, TooManyLinks> {
        let foundation = &self.foundation;
        let tries = &foundation.link_tries;
        tries.admit(foundation, &realm.realm, request, now)
    }

    async fn look(
        &self,
        realm: &ServedRealm,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<(TicketKey, Behind)>, Failure> {
        let foundation = &self.foundation;
        let Some(key) = link::key(foundation, LinkKind::Reset, realm.realm.id, token) else {
            return Ok(None);
        };
        let mut view = foundation.store.read().await?;
        let behind = link::look(foundation, &mut *view, key, now).await?;
        Ok(behind.map(|behind| (key, behind)))
    }

    /// A post with a link that was ours and is no more is a fact; any other text is nothing.
    async fn record_spent(
        &self,
        realm: &ServedRealm,
        token: &str,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let foundation = &self.foundation;
        let id = realm.realm.id;
        let Some(key) = link::key(foundation, LinkKind::Reset, id, token) else {
            return Ok(());
        };
        let ticket = foundation.store.read().await?.tickets().peek(key).await?;
        let Some(user) = ticket
            .and_then(|ticket| ticket.subject)
            .and_then(Subject::user)
        else {
            return Ok(());
        };
        let action = AuditAction::PasswordResetRequested;
        let entry = Entry::denied(id, AuditActor::Anonymous, action, "link_spent").on("user", user);
        let recorder = &foundation.recorder;
        recorder
            .refused(entry, user.to_string(), request, now)
            .await
    }
}
