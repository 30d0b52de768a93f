//! Changing a person: names, claims, and whether they may sign in.

use gatelodge_domain::attribute::Attributes;
use gatelodge_domain::user::{PasswordChange, Profile, UserStatus, Verification};
use gatelodge_domain::{AuditAction, AuditEvent, Email, Id, Revision, Timestamp, User, Username};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerUsers;
use super::administer::sign_out_everywhere;
use super::last_administrator::LastAdministrator;
use crate::ErrorCode;
use crate::admin::{AdminError, Permit, Refusal, UsersWrite, Work};

/// What an administrator may make of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// It may sign in.
    Active,
    /// It may not.
    Deactivated,
    /// It may not until then.
    Suspended {
        /// Until when.
        until: Timestamp,
    },
}

/// A person as they shall be.
#[derive(Debug, Clone)]
pub struct UserUpdate {
    /// What they sign in with.
    pub username: Username,
    /// Their mail address.
    pub email: Option<Email>,
    /// Whether somebody proved that it is theirs.
    pub email_verification: Verification,
    /// Standard claims.
    pub profile: Profile,
    /// What the realm keeps of them beyond that.
    pub attributes: Attributes,
    /// Whether they must choose another password.
    pub password_change: PasswordChange,
    /// Whether they may sign in; `None` leaves it as it is.
    pub status: Option<AccountStatus>,
    /// Why, for the trail.
    pub reason: Option<String>,
}

/// A change of a person that may be made, before its unit.
pub(super) struct PreparedUpdate {
    user: User,
    event: AuditEvent,
    signing_in: SigningIn,
}

/// What a change means for their sign-ins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SigningIn {
    AsBefore,
    NoLonger,
}

impl AdministerUsers {
    /// Changes a person whose revision is still that one. Deactivating or suspending ends their
    /// sessions and voids their tokens; the last administrator cannot be shut out.
    pub async fn update(
        &self,
        permit: &Permit<UsersWrite>,
        id: Id<User>,
        revision: Revision,
        update: UserUpdate,
    ) -> Result<User, AdminError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let user = self.get_to_change(permit, id).await?;
        Refusal::if_changed(user.revision, revision)?;
        let prepared = self.prepare_update(permit, user, update, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let guard = LastAdministrator::watch(&mut work, permit).await?;
        let (user, event) = prepared.write(&mut work).await?;
        guard.check(&mut work).await?;
        work.commit(&[event]).await?;
        Ok(user)
    }

    /// Asks whether somebody may become that, and makes the event; all of it outside of a unit.
    pub(super) async fn prepare_update(
        &self,
        permit: &Permit<UsersWrite>,
        mut user: User,
        update: UserUpdate,
        now: Timestamp,
    ) -> Result<PreparedUpdate, AdminError> {
        // Whoever was made under another schema can still be deactivated.
        if update.attributes != user.attributes {
            self.check_attributes(permit, &update.attributes).await?;
        }
        let status = next_status(user.status, update.status, now)?;
        let may_no_longer = user.can_authenticate(now).is_ok() && !may_sign_in(status, now);
        user.username = update.username;
        user.email_verification = update.email_verification.of(update.email.as_ref());
        user.email = update.email;
        let facts = json!({
            "deactivated": may_no_longer,
            "reactivated": status == UserStatus::Active && user.status != UserStatus::Active,
            "must_change_password": update.password_change == PasswordChange::Required,
        });
        user.profile = update.profile;
        user.attributes = update.attributes;
        user.password_change = update.password_change;
        user.status = status;
        user.updated_at = now;
        let entry = permit
            .done(AuditAction::UserUpdated)
            .on("user", user.id)
            .with(facts);
        let detail = update.reason.map(|reason| json!({ "reason": reason }));
        let recorder = &self.foundation.recorder;
        let event = recorder
            .event_with_detail(entry, permit.request(), detail.as_ref(), now)
            .await?;
        Ok(PreparedUpdate {
            user,
            event,
            signing_in: if may_no_longer {
                SigningIn::NoLonger
            } else {
                SigningIn::AsBefore
            },
        })
    }
}

impl PreparedUpdate {
    /// Writes it where the person's revision is still what it was; `Stale` otherwise. The event
    /// is to be recorded, and [`LastAdministrator`] watches over the same unit.
    pub(super) async fn write(self, work: &mut Work<'_>) -> Result<(User, AuditEvent), StoreError> {
        let user = work.unit.users().update(&self.user).await?;
        if self.signing_in == SigningIn::NoLonger {
            sign_out_everywhere(work, user.realm, user.id).await?;
        }
        work.note(Change::User(user.realm, user.id)).await?;
        Ok((user, self.event))
    }
}

/// Where an account goes from where it is; one that is deactivated already keeps its date, and
/// one whose suspension is over need not be told so again.
fn next_status(
    was: UserStatus,
    wanted: Option<AccountStatus>,
    now: Timestamp,
) -> Result<UserStatus, Refusal> {
    match (was, wanted) {
        (UserStatus::PendingDeletion { .. }, Some(_)) => Err(Refusal::new(
            ErrorCode::Protected,
            "the user is being deleted",
        )),
        (was, None) | (was @ UserStatus::Deactivated { .. }, Some(AccountStatus::Deactivated)) => {
            Ok(was)
        }
        (
            was @ UserStatus::Suspended { until },
            Some(AccountStatus::Suspended { until: wanted }),
        ) if until == wanted => Ok(was),
        (_, Some(AccountStatus::Active)) => Ok(UserStatus::Active),
        (_, Some(AccountStatus::Deactivated)) => Ok(UserStatus::Deactivated { since: now }),
        (_, Some(AccountStatus::Suspended { until })) if until <= now => Err(Refusal::field(
            "suspended_until",
            "a user is suspended until a time to come",
        )),
        (_, Some(AccountStatus::Suspended { until })) => Ok(UserStatus::Suspended { until }),
    }
}

/// Whether somebody with that status may sign in, as [`User::can_authenticate`] says.
fn may_sign_in(status: UserStatus, now: Timestamp) -> bool {
    match status {
        UserStatus::Active => true,
        UserStatus::Suspended { until } => until <= now,
        UserStatus::Invited
        | UserStatus::Deactivated { .. }
        | UserStatus::PendingDeletion { .. } => false,
    }
}
