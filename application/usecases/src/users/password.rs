//! Setting a person's password. Whoever knew the old one is signed out.

use gatelodge_domain::user::PasswordChange;
use gatelodge_domain::{AuditAction, Id, Password, User};
use serde_json::json;

use super::AdministerUsers;
use crate::admin::{AdminError, Permit, UsersWrite};
use crate::passwords::NewPassword;

impl AdministerUsers {
    /// Sets or replaces a password, ends the person's sessions and voids their tokens. Where
    /// another one is [`PasswordChange::Required`], they choose it at their next sign-in.
    pub async fn set_password(
        &self,
        permit: &Permit<UsersWrite>,
        id: Id<User>,
        password: &Password,
        next: PasswordChange,
    ) -> Result<(), AdminError> {
        let user = self.get_to_change(permit, id).await?;
        let temporary = next == PasswordChange::Required;
        let entry = permit
            .done(AuditAction::PasswordChanged)
            .on("user", id)
            .with(json!({ "by": "administrator", "temporary": temporary }));
        let new = NewPassword {
            realm: &permit.realm().realm,
            user: &user,
            password,
            next,
            keep: None,
            entry,
        };
        Ok(self.passwords.set(new, permit.request()).await?)
    }
}
