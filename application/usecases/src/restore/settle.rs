//! Makes a store that was put back from a copy safe to serve.
//!
//! A copy knows nothing of what happened after it. A refresh token that was rotated since is
//! current in it, a session that was ended since is alive, an access token that was revoked
//! since is good, and a code that was redeemed since is fresh. So whatever was alive in the copy
//! ends: sessions, grants and refresh families by their rows, access tokens by a watermark of
//! each realm at this moment, which covers those issued after the copy too.
//!
//! Messages that waited to be sent go as well: most have been sent since, and their links are void.
//!
//! Tickets end whatever the operator wishes: a code or a one-time link that may be redeemed a
//! second time is never wanted.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::{AuditAction, Grant, Id, Realm, Session, Timestamp, Watermark};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Change, FamilyFilter, GrantFilter, PageRequest, SessionFilter};
use serde_json::json;

use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::{Failure, Foundation};

/// Rows that one unit ends; a turn of a few milliseconds.
const BATCH: u16 = 200;

/// What becomes of whoever was signed in when the copy was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alive {
    /// Sessions, grants, refresh families and access tokens end.
    End,
    /// They stay as they were; the operator says that nothing was rotated or ended since.
    Keep,
}

/// What the trail says of the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// When it was made.
    pub at: Timestamp,
    /// The newest seal in it; 0 where there was none.
    pub seal: u64,
}

/// How much ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// Browser sign-ins.
    pub sessions: u64,
    /// Authorizations.
    pub grants: u64,
    /// Chains of refresh tokens.
    pub families: u64,
    /// Codes, one-time links, opaque access tokens and other tickets.
    pub tickets: u64,
    /// Mails and other messages that waited to be sent.
    pub messages: u64,
}

/// Settles a restored store, before anybody is served.
pub struct SettleRestoredStore {
    foundation: Arc<Foundation>,
}

impl SettleRestoredStore {
    /// Over a house that nobody else uses yet.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Ends what must not come back, in units of some hundred rows, and records it in each
    /// realm as done by the operator.
    pub async fn run(&self, copied: Copied, alive: Alive) -> Result<Ended, Failure> {
        let mut ended = Ended {
            tickets: self.end_tickets().await?,
            ..Ended::default()
        };
        if alive == Alive::End {
            ended.messages = self.drop_messages().await?;
        }
        for realm in self.realms().await? {
            let mut here = Ended::default();
            if alive == Alive::End {
                self.end_sessions(realm, copied, &mut here).await?;
                self.end_grants(realm, copied, &mut here).await?;
            }
            self.record(realm, copied, alive, &mut here).await?;
            ended.sessions += here.sessions;
            ended.grants += here.grants;
            ended.families += here.families;
        }
        Ok(ended)
    }

    async fn realms(&self) -> Result<Vec<Id<Realm>>, Failure> {
        let mut realms = Vec::new();
        let mut page = PageRequest::first(BATCH);
        loop {
            let mut view = self.foundation.store.read().await?;
            let listed = view.realms().list(page).await?;
            realms.extend(listed.items.iter().map(|realm| realm.id));
            match listed.items.last() {
                Some(last) if listed.more => page = PageRequest::after(last.id, BATCH),
                _ => return Ok(realms),
            }
        }
    }

    async fn end_tickets(&self) -> Result<u64, Failure> {
        let mut ended = 0;
        loop {
            let mut unit = self.foundation.store.write().await?;
            let batch = unit.tickets().sweep(Timestamp::MAX, BATCH).await?;
            unit.commit().await?;
            ended += batch;
            if batch < u64::from(BATCH) {
                return Ok(ended);
            }
        }
    }

    async fn drop_messages(&self) -> Result<u64, Failure> {
        let mut dropped = 0;
        loop {
            let mut unit = self.foundation.store.write().await?;
            let batch = match unit.outbox().sweep(Timestamp::MAX, BATCH).await {
                // A store that keeps none for long.
                Err(StoreError::Unsupported) => return Ok(dropped),
                swept => swept?,
            };
            unit.commit().await?;
            dropped += batch;
            if batch < u64::from(BATCH) {
                return Ok(dropped);
            }
        }
    }

    async fn end_sessions(
        &self,
        realm: Id<Realm>,
        copied: Copied,
        ended: &mut Ended,
    ) -> Result<(), Failure> {
        let now = self.foundation.clock.now();
        let filter = SessionFilter {
            live_at: Some(copied.at.min(now)),
            ..SessionFilter::default()
        };
        let mut page = PageRequest::<Session>::first(BATCH);
        loop {
            let mut unit = self.foundation.store.write().await?;
            let listed = unit.sessions().list(realm, filter, page).await?;
            for session in &listed.items {
                ended.sessions += u64::from(unit.sessions().end(realm, session.id, now).await?);
            }
            unit.commit().await?;
            match listed.items.last() {
                Some(last) if listed.more => page = PageRequest::after(last.id, BATCH),
                _ => return Ok(()),
            }
        }
    }

    async fn end_grants(
        &self,
        realm: Id<Realm>,
        copied: Copied,
        ended: &mut Ended,
    ) -> Result<(), Failure> {
        let now = self.foundation.clock.now();
        let filter = GrantFilter {
            live_at: Some(copied.at.min(now)),
            ..GrantFilter::default()
        };
        let mut page = PageRequest::<Grant>::first(BATCH);
        loop {
            let mut unit = self.foundation.store.write().await?;
            let listed = unit.grants().list(realm, filter, page).await?;
            for grant in &listed.items {
                ended.grants += u64::from(unit.grants().end(realm, grant.id, now).await?);
                let families = FamilyFilter {
                    grant: Some(grant.id),
                    ..FamilyFilter::default()
                };
                ended.families += unit.families().end_matching(realm, families, now).await?;
            }
            unit.commit().await?;
            match listed.items.last() {
                Some(last) if listed.more => page = PageRequest::after(last.id, BATCH),
                _ => return Ok(()),
            }
        }
    }

    /// The last unit of a realm: families whose grant had ended without them, the watermark,
    /// the event.
    async fn record(
        &self,
        realm: Id<Realm>,
        copied: Copied,
        alive: Alive,
        ended: &mut Ended,
    ) -> Result<(), Failure> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let facts = json!({
            "copied_at": copied.at.as_millis(),
            "newest_seal": copied.seal,
            "alive": if alive == Alive::End { "ended" } else { "kept" },
            "sessions": ended.sessions,
            "grants": ended.grants,
        });
        let entry =
            Entry::done(realm, AuditActor::Operator, AuditAction::StoreRestored).with(facts);
        let event = foundation
            .recorder
            .event(entry, &RequestFacts::default(), now)
            .await?;
        let mut announcements = Announcements::new();
        let mut unit = foundation.store.write().await?;
        if alive == Alive::End {
            for reach in [FamilyReach::Session, FamilyReach::Offline] {
                let families = FamilyFilter {
                    reach: Some(reach),
                    ..FamilyFilter::default()
                };
                ended.families += unit.families().end_matching(realm, families, now).await?;
            }
            let watermark = Watermark {
                realm,
                owner: WatermarkOwner::Realm,
                not_before: now,
            };
            unit.revocations().raise(watermark).await?;
            announcements
                .note(&mut *unit, Change::Raised(watermark), now)
                .await?;
        }
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(())
    }
}
