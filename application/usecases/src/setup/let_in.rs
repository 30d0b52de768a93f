//! A link of [`super::Recover`] lets an administrator back in: it names whom, sets a password of
//! theirs, and makes them where nobody has the name.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::user::{PasswordChange, UserStatus};
use gatelodge_domain::{AuditAction, Password, Realm, Role, Subject, Timestamp, User, Username};
use gatelodge_ports::store::{Change, Lock, TicketKey};
use gatelodge_ports::{StoreError, UnitOfWork};
use serde_json::json;

use super::initialize::administrators;
use super::one_time_link;
use super::people::{self, NewPerson};
use super::set_up::SetUpError;
use crate::Foundation;
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::passwords::{NewPassword, SetPassword, Whose};

/// Whom a link lets in, and with what.
pub(super) struct LetIn<'a> {
    pub(super) link: TicketKey,
    pub(super) username: Username,
    pub(super) password: Password,
    pub(super) request: &'a RequestFacts,
}

/// Lets them in.
pub(super) async fn let_in(
    foundation: &Arc<Foundation>,
    system: &Realm,
    whom: LetIn<'_>,
) -> Result<User, SetUpError> {
    let (role, _) = administrators(foundation, system.id).await?;
    let mut view = foundation.store.read().await?;
    let known = view
        .users()
        .find_by_username(system.id, whom.username.key())
        .await?;
    drop(view);
    match known {
        Some(user) => renew(foundation, (system, &role), whom, user).await,
        None => make_again(foundation, (system, &role), whom).await,
    }
}

/// Nobody has the name that the link was made for: they are made.
async fn make_again(
    foundation: &Arc<Foundation>,
    (system, role): (&Realm, &Role),
    whom: LetIn<'_>,
) -> Result<User, SetUpError> {
    let whose = Whose {
        user: None,
        username: whom.username.as_str(),
        email: None,
        name: None,
    };
    let hash = people::hash(foundation, system, &whose, &whom.password).await?;
    let now = foundation.clock.now();
    let person = NewPerson::new(foundation, system.id, whom.username, None, hash, now)?;
    let entry = recovered(system, &person.user);
    let event = foundation.recorder.event(entry, whom.request, now).await?;
    let mut announcements = Announcements::new();
    let mut unit = foundation.store.write().await?;
    unit.locks().lock(Lock::Realm(system.id)).await?;
    one_time_link::spend(&mut *unit, whom.link, now).await?;
    person.insert(&mut *unit).await?;
    let subject = Subject::User(person.user.id);
    unit.roles().assign(system.id, role.id, subject).await?;
    unit.audit().append(&[event]).await?;
    let change = Change::User(system.id, person.user.id);
    announcements.note(&mut *unit, change, now).await?;
    unit.commit().await?;
    announcements.apply(foundation);
    Ok(person.user)
}

/// A known person gets the new password; whoever was signed in as them is not any more. Their
/// second factors go: who has the machine and lost the phone must not stay outside.
async fn renew(
    foundation: &Arc<Foundation>,
    (system, role): (&Realm, &Role),
    whom: LetIn<'_>,
    user: User,
) -> Result<User, SetUpError> {
    let new = NewPassword {
        realm: system,
        user: &user,
        password: &whom.password,
        next: PasswordChange::Free,
        keep: None,
        entry: recovered(system, &user),
    };
    let prepared = SetPassword::new(foundation.clone())
        .prepare(new, whom.request)
        .await?;
    let now = prepared.at();
    let reset =
        Entry::done(system.id, AuditActor::Operator, AuditAction::FactorsReset).on("user", user.id);
    let reset = foundation.recorder.event(reset, whom.request, now).await?;
    let mut unit = foundation.store.write().await?;
    let mut announcements = Announcements::new();
    unit.locks().lock(Lock::Realm(system.id)).await?;
    unit.locks().lock(Lock::User(system.id, user.id)).await?;
    one_time_link::spend(&mut *unit, whom.link, now).await?;
    prepared.write(&mut *unit, &mut announcements).await?;
    let factors = unit.factors();
    if factors.remove_all_of(system.id, user.id).await? > 0 {
        unit.audit().append(&[reset]).await?;
    }
    unit.throttles().remove_of(system.id, user.id).await?;
    let user = activate(&mut *unit, user, now).await?;
    let subject = Subject::User(user.id);
    unit.roles().assign(user.realm, role.id, subject).await?;
    unit.commit().await?;
    announcements.apply(foundation);
    Ok(user)
}

/// Lets somebody in who may not sign in: the link says that they may.
async fn activate(
    unit: &mut (dyn UnitOfWork + '_),
    user: User,
    now: Timestamp,
) -> Result<User, StoreError> {
    let known = unit.users().find(user.realm, user.id).await?;
    let mut known = known.ok_or(StoreError::Stale)?;
    if known.status == UserStatus::Active {
        return Ok(known);
    }
    known.status = UserStatus::Active;
    known.updated_at = now;
    unit.users().update(&known).await
}

fn recovered(system: &Realm, user: &User) -> Entry {
    let action = AuditAction::PasswordChanged;
    Entry::done(system.id, AuditActor::Anonymous, action)
        .on("user", user.id)
        .with(json!({ "by": "recovery" }))
}
