//! Ending grants and sessions, inside somebody's unit of work.

use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::revocation::RevokedThing;
use gatelodge_domain::{Grant, Id, Realm, Revocation, Session, Timestamp};
use gatelodge_ports::store::{Change, FamilyFilter};
use gatelodge_ports::{StoreError, UnitOfWork};

use crate::foundation::Announcements;
use crate::revocations::LONGEST_ACCESS_TOKEN;

/// Ends an authorization: its row, its codes, its refresh families, its access tokens.
pub async fn end_grant(
    unit: &mut (dyn UnitOfWork + '_),
    announcements: &mut Announcements,
    realm: Id<Realm>,
    grant: Id<Grant>,
    now: Timestamp,
) -> Result<(), StoreError> {
    unit.grants().end(realm, grant, now).await?;
    unit.tickets().revoke_grant(realm, grant).await?;
    let family = FamilyFilter {
        grant: Some(grant),
        ..FamilyFilter::default()
    };
    unit.families().end_matching(realm, family, now).await?;
    revoke(unit, announcements, realm, RevokedThing::Grant(grant), now).await
}

/// Ends a browser sign-in: its row, its families without `offline_access`, its access tokens.
/// False when it was not alive.
pub async fn end_session(
    unit: &mut (dyn UnitOfWork + '_),
    announcements: &mut Announcements,
    realm: Id<Realm>,
    session: Id<Session>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !unit.sessions().end(realm, session, now).await? {
        return Ok(false);
    }
    let families = FamilyFilter {
        session: Some(session),
        reach: Some(FamilyReach::Session),
        ..FamilyFilter::default()
    };
    unit.families().end_matching(realm, families, now).await?;
    revoke(
        unit,
        announcements,
        realm,
        RevokedThing::Session(session),
        now,
    )
    .await?;
    announcements
        .note(unit, Change::Session(realm, session), now)
        .await?;
    Ok(true)
}

async fn revoke(
    unit: &mut (dyn UnitOfWork + '_),
    announcements: &mut Announcements,
    realm: Id<Realm>,
    thing: RevokedThing,
    now: Timestamp,
) -> Result<(), StoreError> {
    let revocation = Revocation {
        realm,
        thing,
        until: now.plus(LONGEST_ACCESS_TOKEN),
    };
    unit.revocations().add(revocation).await?;
    announcements
        .note(unit, Change::Revoked(revocation), now)
        .await
}
