//! Everything about a line that needs no unit.

use gatelodge_domain::user::{PasswordChange, ProfileClaim, SubjectId, UserStatus, Verification};
use gatelodge_domain::{AuditAction, AuditEvent, Email, Id, PasswordCredential, Revision, User};
use serde_json::json;

use super::given::Given;
use super::turns::{Changes, Turns};
use super::{Effect, Import, ImportedEmail, ImportedUser, LineOutcome, OnConflict, conflict};
use crate::admin::AdminError;
use crate::passwords::Whose;
use crate::users::{AccountStatus, AdministerUsers};

/// A person who is ready to be written.
pub(super) struct Ready {
    pub(super) user: User,
    pub(super) subject_key: Vec<u8>,
    pub(super) credential: Option<PasswordCredential>,
    pub(super) event: AuditEvent,
    pub(super) turns: Turns,
}

/// Where a line stands before the unit.
pub(super) enum Judged {
    Ready(Box<Ready>),
    Done(LineOutcome),
}

impl AdministerUsers {
    /// Everything about a line that needs no unit.
    pub(super) async fn judge(
        &self,
        import: &mut Import,
        line: ImportedUser,
    ) -> Result<Judged, AdminError> {
        let given = self.given(import, &line).await?;
        if import.has_made(&line.username) {
            return Err(conflict("username", "another line of this import has it").into());
        }
        let realm = import.permit.realm_id();
        let mut view = self.foundation.store.read().await?;
        let known = view
            .users()
            .find_by_username(realm, line.username.key())
            .await?;
        if let ImportedEmail::Address(email) = &line.email {
            let holder = view.users().find_by_email(realm, email.key()).await?;
            let mine = known.as_ref().map(|user| user.id);
            if holder.is_some_and(|holder| Some(holder.id) != mine) {
                return Err(conflict("email", "the mail address is taken").into());
            }
        }
        if let Some(subject) = &line.subject {
            let holder = view.users().find_by_subject(realm, subject).await?;
            let mine = known.as_ref().map(|user| user.id);
            if holder.is_some_and(|holder| Some(holder.id) != mine) {
                return Err(conflict("sub", "the subject is somebody else's").into());
            }
        }
        drop(view);
        match (known, import.on_conflict) {
            (None, _) => self.prepare(import, line, given).await,
            (Some(user), OnConflict::Skip) => Ok(Judged::Done(LineOutcome::Skipped(user.id))),
            (Some(_), OnConflict::Fail) => {
                Err(conflict("username", "the user name is taken").into())
            }
            (Some(user), OnConflict::Update) => {
                let id = user.id;
                self.replace(import, user, line, &given).await?;
                Ok(Judged::Done(LineOutcome::Updated(id)))
            }
        }
    }

    async fn prepare(
        &self,
        import: &mut Import,
        line: ImportedUser,
        given: Given,
    ) -> Result<Judged, AdminError> {
        let foundation = &self.foundation;
        let realm = import.permit.realm_id();
        let attributes = line.attributes.unwrap_or_default();
        self.check_attributes(&import.permit, &attributes).await?;
        let email = match line.email {
            ImportedEmail::Unsaid | ImportedEmail::None => None,
            ImportedEmail::Address(email) => Some(email),
        };
        let profile = line.profile.unwrap_or_default();
        let whose = Whose {
            user: None,
            username: line.username.as_str(),
            email: email.as_ref().map(Email::as_str),
            name: profile.get(ProfileClaim::Name),
        };
        let hash = match &line.password {
            Some(password) => self.imported_hash(import, &whose, password).await?,
            None => None,
        };
        let now = foundation.clock.now();
        let id: Id<User> = foundation.rng.id(now);
        let random = || SubjectId::from_random(foundation.rng.bytes());
        let verification = line.email_verification.unwrap_or(Verification::Unverified);
        let user = User {
            id,
            realm,
            subject: line.subject.unwrap_or_else(random),
            username: line.username,
            email_verification: verification.of(email.as_ref()),
            email,
            profile,
            attributes,
            status: match line.status {
                None | Some(AccountStatus::Active) => UserStatus::Active,
                Some(AccountStatus::Deactivated) => UserStatus::Deactivated { since: now },
                Some(AccountStatus::Suspended { until }) => UserStatus::Suspended { until },
            },
            password_change: line.password_change.unwrap_or(PasswordChange::Free),
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        };
        import.take(&user)?;
        if import.effect == Effect::DryRun {
            return Ok(Judged::Done(LineOutcome::Created(None)));
        }
        let entry = import.permit.done(AuditAction::UserCreated).on("user", id);
        let request = import.permit.request();
        let event = foundation
            .recorder
            .event(entry.with(json!({ "imported": true })), request, now)
            .await?;
        let changes = Changes::of_new(given);
        Ok(Judged::Ready(Box::new(Ready {
            subject_key: foundation.recorder.new_subject_key(realm, id)?,
            credential: hash.map(|hash| PasswordCredential {
                realm,
                user: id,
                hash,
                changed_at: now,
                revision: Revision::FIRST,
            }),
            user,
            event,
            turns: self.turns(import, id, changes, now).await?,
        })))
    }
}
