//! Recording refusals about known things, once for every grant type.
//!
//! The consequence of a refusal is carried out each time, because it must hold whatever became
//! of the first; its event is written the first time within a minute.

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditEvent, Subject};
use gatelodge_ports::UnitOfWork;

use super::grant_type::{Consequence, GrantRequest, Refused};
use crate::audit::{Entry, RefusalKey, Repeat};
use crate::foundation::Announcements;
use crate::grants::end_grant;
use crate::{Failure, Foundation};

/// Commits what a refusal leads to, and its event.
pub(super) async fn record(
    foundation: &Foundation,
    request: &GrantRequest<'_>,
    refused: &Refused,
) -> Result<(), Failure> {
    let event = event(foundation, request, refused).await?;
    if event.is_none() && is_carried_out(foundation, request, refused.consequence).await? {
        return Ok(());
    }
    let mut announcements = Announcements::new();
    let mut unit = foundation.store.write().await?;
    carry_out(&mut *unit, &mut announcements, request, refused.consequence).await?;
    if let Some(event) = event {
        unit.audit().append(&[event]).await?;
    }
    unit.commit().await?;
    announcements.apply(foundation);
    Ok(())
}

/// The event, unless the same refusal was written within the minute.
async fn event(
    foundation: &Foundation,
    request: &GrantRequest<'_>,
    refused: &Refused,
) -> Result<Option<AuditEvent>, Failure> {
    let actor = AuditActor::Subject(Subject::Client(request.client.id));
    let what = refused
        .grant
        .map_or_else(String::new, |grant| grant.to_string());
    let key = RefusalKey {
        realm: request.realm.realm.id,
        actor,
        action: refused.action,
        what,
        reason: refused.reason,
    };
    if foundation.recorder.refusals.admit(key, request.now) == Repeat::Counted {
        return Ok(None);
    }
    let realm = request.realm.realm.id;
    let mut entry =
        Entry::denied(realm, actor, refused.action, refused.reason).through(request.client.id);
    entry.grant = refused.grant;
    if let Some(user) = refused.subject.and_then(Subject::user) {
        entry = entry.on("user", user);
    }
    let event = foundation
        .recorder
        .event(entry, request.facts, request.now)
        .await?;
    Ok(Some(event))
}

/// Whether nothing is left to be done.
async fn is_carried_out(
    foundation: &Foundation,
    request: &GrantRequest<'_>,
    consequence: Consequence,
) -> Result<bool, Failure> {
    let Consequence::EndGrant(grant) = consequence else {
        return Ok(true);
    };
    let mut view = foundation.store.read().await?;
    let grant = view.grants().find(request.realm.realm.id, grant).await?;
    Ok(grant.is_none_or(|grant| grant.ended_at.is_some()))
}

async fn carry_out(
    unit: &mut (dyn UnitOfWork + '_),
    announcements: &mut Announcements,
    request: &GrantRequest<'_>,
    consequence: Consequence,
) -> Result<(), Failure> {
    let (realm, now) = (request.realm.realm.id, request.now);
    match consequence {
        Consequence::None => Ok(()),
        Consequence::EndGrant(grant) => {
            Ok(end_grant(unit, announcements, realm, grant, now).await?)
        }
    }
}
