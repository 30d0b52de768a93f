//! A line about somebody who is there.

use gatelodge_domain::user::{PasswordChange, ProfileClaim, Verification};
use gatelodge_domain::{AuditAction, Email, User};
use serde_json::json;

use super::given::Given;
use super::{Effect, Import, ImportedEmail, ImportedPassword, ImportedUser, conflict};
use crate::admin::{AdminError, Work};
use crate::passwords::{NewHash, PreparedPassword, Whose};
use crate::users::{AdministerUsers, LastAdministrator, UserUpdate};

impl AdministerUsers {
    /// Somebody who is there becomes what the line says; what it does not speak of stays. All of
    /// it is asked and hashed first and then written in one unit, so that a line is taken whole
    /// or not at all.
    pub(super) async fn replace(
        &self,
        import: &mut Import,
        user: User,
        line: ImportedUser,
        given: &Given,
    ) -> Result<(), AdminError> {
        let user = self.get_to_change(&import.permit, user.id).await?;
        if line.subject.as_ref().is_some_and(|it| *it != user.subject) {
            let rule = "the user has another subject, which never changes";
            return Err(conflict("sub", rule).into());
        }
        let changes = self.changes(import, user.id, given).await?;
        let password = line.password.clone();
        let update = update_of(line, &user);
        let password = match &password {
            Some(password) => self.new_password(import, &user, &update, password).await?,
            None => None,
        };
        let now = self.foundation.clock.now();
        let place = (user.realm, user.id);
        let prepared = self
            .prepare_update(&import.permit, user, update, now)
            .await?;
        if import.effect == Effect::DryRun {
            return Ok(());
        }
        let turns = self.turns(import, place.1, changes, now).await?;
        let mut work = Work::open(&self.foundation, now).await?;
        let guard = LastAdministrator::watch(&mut work, &import.permit).await?;
        let (_, event) = prepared.write(&mut work).await?;
        let mut events = vec![event];
        if let Some(password) = password {
            password
                .write(&mut *work.unit, &mut work.announcements)
                .await?;
        }
        events.append(&mut turns.write(&mut work, place).await?);
        guard.check(&mut work).await?;
        Ok(work.commit(&events).await?)
    }

    /// The line's password, hashed and ready to be written; none in a dry run. Whoever has an
    /// address is told of another password, and not of a hash that came with them.
    async fn new_password(
        &self,
        import: &mut Import,
        user: &User,
        update: &UserUpdate,
        password: &ImportedPassword,
    ) -> Result<Option<PreparedPassword>, AdminError> {
        let whose = Whose {
            user: Some(user.id),
            username: update.username.as_str(),
            email: update.email.as_ref().map(Email::as_str),
            name: update.profile.get(ProfileClaim::Name),
        };
        let hash = self.imported_hash(import, &whose, password).await?;
        let (Some(hash), Effect::Written) = (hash, import.effect) else {
            return Ok(None);
        };
        let permit = &import.permit;
        let entry = permit
            .done(AuditAction::PasswordChanged)
            .on("user", user.id)
            .with(json!({ "by": "import" }));
        let new = NewHash {
            realm: &permit.realm().realm,
            user: user.id,
            hash,
            next: update.password_change,
            entry,
            tell: match password {
                ImportedPassword::Plain(_) => Some(user),
                ImportedPassword::Hash(_) => None,
            },
        };
        let prepared = self.passwords.prepare_hash(new, permit.request()).await?;
        Ok(Some(prepared))
    }
}

/// What the line makes of them.
fn update_of(line: ImportedUser, user: &User) -> UserUpdate {
    let email = match line.email {
        ImportedEmail::Unsaid => user.email.clone(),
        ImportedEmail::None => None,
        ImportedEmail::Address(email) => Some(email),
    };
    // Nobody proved yet that a new address is theirs, unless the line says so.
    let is_same = email == user.email;
    let known = if is_same {
        user.email_verification
    } else {
        Verification::Unverified
    };
    // Whoever gets another password need not choose one, unless the line says so.
    let change = match line.password {
        Some(_) => PasswordChange::Free,
        None => user.password_change,
    };
    UserUpdate {
        username: line.username,
        email,
        email_verification: line.email_verification.unwrap_or(known),
        profile: line.profile.unwrap_or_else(|| user.profile.clone()),
        attributes: line.attributes.unwrap_or_else(|| user.attributes.clone()),
        password_change: line.password_change.unwrap_or(change),
        status: line.status,
        reason: None,
    }
}
