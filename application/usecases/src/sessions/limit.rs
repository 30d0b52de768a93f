//! How many sign-ins somebody may have at once: in all, and at one client.
//!
//! The newest always stands and the oldest gives way, with its tokens. Both limits are kept
//! inside the unit that makes one more, under the lock of the person's row: two sign-ins at once
//! come one after the other, and the second one counts the first.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatelodge_domain::audit::{AuditActor, AuditTarget};
use gatelodge_domain::scope::OFFLINE_ACCESS;
use gatelodge_domain::setting::Layers;
use gatelodge_domain::{
    AuditAction, AuditEvent, Client, Grant, Id, Session, Setting, Settings, Timestamp, User,
};
use gatelodge_ports::store::{GrantFilter, PageRequest, SessionFilter};
use gatelodge_ports::{Rng, StoreError, UnitOfWork};
use serde_json::json;

use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::grants::{end_grant, end_session};
use crate::realms::ServedRealm;
use crate::{Failure, Foundation};

/// Rows that are read at once.
const PAGE: u16 = 200;
/// The most that one sign-in ends; where a limit was set below what many had, the rest gives
/// way to the sign-ins that follow.
const MOST: usize = 100;

/// A limit that somebody is about to meet, with all that cannot be made inside a unit.
pub(crate) struct Limit {
    most: usize,
    settings: Settings,
    /// The event of one that gives way, but for its id and what it is about. It holds nothing
    /// that would have to be sealed.
    notice: AuditEvent,
    rng: Arc<dyn Rng>,
}

impl Limit {
    /// How many sign-ins a person may have in that realm; `None` for any number.
    pub(crate) async fn per_user(
        foundation: &Foundation,
        realm: &ServedRealm,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        let most = Layers(&[&realm.realm.settings]).value(Setting::SessionsPerUser);
        let entry = Entry::done(
            realm.realm.id,
            AuditActor::System,
            AuditAction::SessionEnded,
        )
        .with(json!({ "limit": Setting::SessionsPerUser.spec().name }));
        Self::of(foundation, realm, (most, entry), request, now).await
    }

    /// From how many sign-ins a person may use that client; `None` for any number.
    pub(crate) async fn per_client(
        foundation: &Foundation,
        realm: &ServedRealm,
        client: &Client,
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        let layers = [&client.settings, &realm.realm.settings];
        let most = Layers(&layers).value(Setting::SessionsPerClient);
        let entry = Entry::done(realm.realm.id, AuditActor::System, AuditAction::GrantEnded)
            .through(client.id)
            .with(json!({ "limit": Setting::SessionsPerClient.spec().name }));
        Self::of(foundation, realm, (most, entry), request, now).await
    }

    async fn of(
        foundation: &Foundation,
        realm: &ServedRealm,
        (most, entry): (u32, Entry),
        request: &RequestFacts,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        if most == 0 {
            return Ok(None);
        }
        let bare = RequestFacts {
            id: request.id.clone(),
            ..RequestFacts::default()
        };
        Ok(Some(Self {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            settings: realm.realm.settings.clone(),
            notice: foundation.recorder.event(entry, &bare, now).await?,
            rng: foundation.rng.clone(),
        }))
    }

    /// Ends the oldest sign-ins of the person beside that new one, as far as they are too many.
    /// Under `Lock::User`. The events are to be appended.
    pub(crate) async fn keep_sessions(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        announcements: &mut Announcements,
        new: &Session,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let now = self.notice.at;
        let others = self.live_sessions(unit, new, now).await?;
        let surplus = (others.len() + 1).saturating_sub(self.most);
        let mut events = Vec::new();
        for id in others.into_iter().take(surplus.min(MOST)) {
            if end_session(unit, announcements, new.realm, id, now).await? {
                events.push(self.about("session", id, now));
            }
        }
        Ok(events)
    }

    /// Ends what the client holds of the person's oldest sign-ins beside that of the new grant,
    /// as far as they are too many. Under `Lock::User`. The events are to be appended.
    ///
    /// The grants of one browser sign-in count as one, however often its pages asked again; a
    /// grant without one (the password grant) counts by itself.
    pub(crate) async fn keep_grants(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        announcements: &mut Announcements,
        (user, new): (Id<User>, &Grant),
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let now = self.notice.at;
        let mut sign_ins = self.grants_by_sign_in(unit, (user, new), now).await?;
        sign_ins.remove(&sign_in(new));
        let mut oldest: Vec<Vec<Id<Grant>>> = sign_ins.into_values().collect();
        oldest.sort_unstable();
        let surplus = (oldest.len() + 1).saturating_sub(self.most);
        let mut events = Vec::new();
        for id in oldest.into_iter().take(surplus.min(MOST)).flatten() {
            end_grant(unit, announcements, new.realm, id, now).await?;
            events.push(self.about("grant", id, now));
        }
        Ok(events)
    }

    async fn live_sessions(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        new: &Session,
        now: Timestamp,
    ) -> Result<Vec<Id<Session>>, StoreError> {
        let theirs = SessionFilter {
            user: Some(new.user),
            live_at: Some(now),
        };
        let mut live = Vec::new();
        let mut page = PageRequest::first(PAGE);
        loop {
            let listed = unit.sessions().list(new.realm, theirs, page).await?;
            let settings = [&self.settings];
            let others = listed
                .items
                .iter()
                .filter(|session| session.id != new.id && session.is_live(now, Layers(&settings)));
            live.extend(others.map(|session| session.id));
            match listed.items.last() {
                Some(last) if listed.more => page = PageRequest::after(last.id, PAGE),
                _ => return Ok(live),
            }
        }
    }

    /// The person's live grants to the client, oldest first, by the sign-in that they are of.
    async fn grants_by_sign_in(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        (user, new): (Id<User>, &Grant),
        now: Timestamp,
    ) -> Result<BTreeMap<u128, Vec<Id<Grant>>>, StoreError> {
        let theirs = GrantFilter {
            user: Some(user),
            client: Some(new.client),
            live_at: Some(now),
            ..GrantFilter::default()
        };
        let mut sign_ins: BTreeMap<u128, Vec<Id<Grant>>> = BTreeMap::new();
        let mut live: BTreeMap<Id<Session>, bool> = BTreeMap::new();
        let mut page = PageRequest::first(PAGE);
        loop {
            let listed = unit.grants().list(new.realm, theirs, page).await?;
            for grant in &listed.items {
                if self.stands(unit, grant, &mut live, now).await? {
                    sign_ins.entry(sign_in(grant)).or_default().push(grant.id);
                }
            }
            match listed.items.last() {
                Some(last) if listed.more => page = PageRequest::after(last.id, PAGE),
                _ => return Ok(sign_ins),
            }
        }
    }

    /// Whether anything of a grant can be used: its row outlives a session that has ended.
    async fn stands(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        grant: &Grant,
        live: &mut BTreeMap<Id<Session>, bool>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(session) = grant.session else {
            return Ok(true);
        };
        if grant.scopes.contains(OFFLINE_ACCESS) {
            return Ok(true);
        }
        if let Some(known) = live.get(&session) {
            return Ok(*known);
        }
        let found = unit.sessions().find(grant.realm, session).await?;
        let settings = [&self.settings];
        let is_live = found.is_some_and(|found| found.is_live(now, Layers(&settings)));
        live.insert(session, is_live);
        Ok(is_live)
    }

    fn about<T>(&self, kind: &str, id: Id<T>, now: Timestamp) -> AuditEvent {
        AuditEvent {
            id: self.rng.id(now),
            target: Some(AuditTarget {
                kind: kind.to_owned(),
                bits: id.as_u128(),
            }),
            ..self.notice.clone()
        }
    }
}

/// Which sign-in a grant is of: its session, or itself.
fn sign_in(grant: &Grant) -> u128 {
    grant
        .session
        .map_or_else(|| grant.id.as_u128(), Id::as_u128)
}
