//! A person sets a new password by a one-time link, without the old one.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::user::PasswordChange;
use gatelodge_domain::{AuditAction, User};
use serde_json::json;

use super::rules::{PasswordError, PasswordRules};
use super::set::{NewPassword, PreparedPassword, SetPassword};
use crate::Foundation;
use crate::audit::{Entry, RequestFacts};
use crate::realms::ServedRealm;

/// Resets passwords. Who may is the caller's business: a link that was spent.
///
/// Every session, refresh family, access token, code and link of the person ends.
pub struct ResetPassword {
    passwords: SetPassword,
}

impl ResetPassword {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self {
            passwords: SetPassword::new(foundation),
        }
    }

    /// Asks the realm's rules and hashes what was typed, outside of a unit and before the link
    /// is spent, so that a refused password does not cost the link. In one unit then: lock the
    /// user, spend the link, [`PreparedPassword::write`], commit; apply the announcements.
    ///
    /// Call it only with a link that is still good: comparing and hashing cost a stranger
    /// nothing otherwise.
    pub async fn prepare(
        &self,
        realm: &ServedRealm,
        user: &User,
        typed: &str,
        request: &RequestFacts,
    ) -> Result<PreparedPassword, PasswordError> {
        let realm = &realm.realm;
        let password = PasswordRules::parse(realm, typed)?;
        let entry = Entry::done(
            realm.id,
            AuditActor::Anonymous,
            AuditAction::PasswordChanged,
        )
        .on("user", user.id)
        .with(json!({ "by": "link" }));
        let new = NewPassword {
            realm,
            user,
            password: &password,
            next: PasswordChange::Free,
            keep: None,
            entry,
        };
        self.passwords.prepare(new, request).await
    }
}
