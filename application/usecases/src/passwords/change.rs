//! A person changes their own password.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::user::PasswordChange;
use gatelodge_domain::{AuditAction, Password, Subject};
use serde_json::json;

use super::rules::{PasswordError, PasswordRefused, PasswordRules};
use super::set::{NewPassword, SetPassword};
use crate::audit::{Entry, RequestFacts};
use crate::realms::ServedRealm;
use crate::sessions::SignedIn;
use crate::sign_in::{PasswordAttempt, PasswordCheck, SignInError};
use crate::{Failure, Foundation};

/// What was typed.
#[derive(Clone, Copy)]
pub struct TypedPasswords<'a> {
    /// The present password.
    pub current: &'a str,
    /// The new one.
    pub new: &'a str,
    /// The value of the cookie of [`crate::sign_in::FamiliarBrowsers`], if one came.
    pub familiar: Option<&'a str>,
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The present password is another one; the try was counted and recorded as a failed
    /// sign-in is.
    #[error("the present password is wrong")]
    WrongCurrent,
    /// Too many wrong tries; nothing was compared.
    #[error("too many wrong passwords")]
    TooMany {
        /// When the next try counts again.
        retry_after: Duration,
    },
    /// Nobody asked this person for another password, so the present one has to be typed.
    #[error("the present password is needed")]
    NotRequired,
    /// The realm does not take the new one.
    #[error("{0}")]
    Refused(#[from] PasswordRefused),
    /// It could not be tried.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<PasswordError> for ChangePasswordError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Refused(refused) => Self::Refused(refused),
            PasswordError::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// Changes the password of whoever is signed in.
///
/// This browser stays signed in; every other session and refresh family of the person ends, and
/// every access token is void (clients of this session get new ones by refreshing).
pub struct ChangePassword {
    check: Arc<PasswordCheck>,
    passwords: SetPassword,
}

impl ChangePassword {
    /// Over a house and the one place where passwords are tried.
    pub fn new(foundation: Arc<Foundation>, check: Arc<PasswordCheck>) -> Self {
        Self {
            check,
            passwords: SetPassword::new(foundation),
        }
    }

    /// Changes it for whoever knows the present one. A wrong one costs, counts and is recorded
    /// as a failed sign-in.
    pub async fn change(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        typed: &TypedPasswords<'_>,
        request: &RequestFacts,
    ) -> Result<(), ChangePasswordError> {
        let attempt = PasswordAttempt {
            username: me.user.username.as_str(),
            password: typed.current,
            client: None,
            familiar: typed.familiar,
        };
        let proven = self.check.check(realm, &attempt, request).await;
        match proven {
            Ok(proven) if proven.user.id == me.user.id => {}
            Ok(_) | Err(SignInError::WrongCredentials) => {
                return Err(ChangePasswordError::WrongCurrent);
            }
            Err(SignInError::TooMany { retry_after }) => {
                return Err(ChangePasswordError::TooMany { retry_after });
            }
            Err(SignInError::Failed(failure)) => return Err(failure.into()),
        }
        let password = PasswordRules::parse(&realm.realm, typed.new)?;
        if Password::presented(typed.current).is_ok_and(|it| it.expose() == password.expose()) {
            return Err(PasswordRefused::UsedBefore.into());
        }
        self.write(realm, me, &password, request).await
    }

    /// Changes it without the present one, for a person who has signed in with a password that
    /// an administrator gave them and must choose their own
    /// ([`PasswordChange::Required`]). `NotRequired` for everybody else.
    pub async fn replace_required(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        new: &str,
        request: &RequestFacts,
    ) -> Result<(), ChangePasswordError> {
        if me.user.password_change != PasswordChange::Required {
            return Err(ChangePasswordError::NotRequired);
        }
        let password = PasswordRules::parse(&realm.realm, new)?;
        let rules = self.passwords.rules();
        rules
            .differs_from_present(&realm.realm, me.user.id, &password)
            .await?;
        self.write(realm, me, &password, request).await
    }

    async fn write(
        &self,
        realm: &ServedRealm,
        me: &SignedIn,
        password: &Password,
        request: &RequestFacts,
    ) -> Result<(), ChangePasswordError> {
        let realm = &realm.realm;
        let actor = AuditActor::Subject(Subject::User(me.user.id));
        let mut entry = Entry::done(realm.id, actor, AuditAction::PasswordChanged)
            .on("user", me.user.id)
            .with(json!({ "by": "owner" }));
        entry.session = Some(me.session.id);
        let new = NewPassword {
            realm,
            user: &me.user,
            password,
            next: PasswordChange::Free,
            keep: Some(me.session.id),
            entry,
        };
        Ok(self.passwords.set(new, request).await?)
    }
}
