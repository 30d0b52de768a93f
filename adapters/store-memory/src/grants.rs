//! Authorizations.

use std::collections::BTreeSet;

use async_trait::async_trait;
use gatelodge_domain::{Client, Grant, Id, Realm, Session, Timestamp, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, FindGrants, GrantFilter, Grants, Listed, PageRequest};

use crate::index::{Deaths, Links};
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, page_of, rows_of};

type Key = (Id<Realm>, Id<Grant>);

tables! {
    /// Grants by row id, person, client and session.
    GrantTables {
        rows: Table<Key, Grant>,
        by_user: Links<Id<User>, Id<Grant>>,
        by_client: Links<Id<Client>, Id<Grant>>,
        by_session: Links<Id<Session>, Id<Grant>>,
        deaths: Deaths<Key>,
    }
}

/// When nothing of a grant can be alive any more.
fn death(grant: &Grant) -> Timestamp {
    grant
        .ended_at
        .map_or(grant.expires_at, |ended| ended.min(grant.expires_at))
}

fn fits(filter: &GrantFilter, grant: &Grant) -> bool {
    filter
        .user
        .is_none_or(|user| grant.party.subject.user() == Some(user))
        && filter.client.is_none_or(|client| grant.client == client)
        && filter
            .session
            .is_none_or(|session| grant.session == Some(session))
        && filter
            .live_at
            .is_none_or(|now| grant.ended_at.is_none() && now < grant.expires_at)
}

impl GrantTables {
    fn place(&mut self, at: Moment, grant: &Grant) {
        let (realm, id) = (grant.realm, grant.id);
        if let Some(user) = grant.party.subject.user() {
            self.by_user.put(at, realm, user, id);
        }
        self.by_client.put(at, realm, grant.client, id);
        if let Some(session) = grant.session {
            self.by_session.put(at, realm, session, id);
        }
        self.deaths.put(at, death(grant), (realm, id));
        self.rows.put(at, (realm, id), grant.clone());
    }

    fn erase(&mut self, at: Moment, key: Key) {
        let Some(grant) = self.rows.get(at, &key).cloned() else {
            return;
        };
        if let Some(user) = grant.party.subject.user() {
            self.by_user.remove(at, key.0, user, key.1);
        }
        self.by_client.remove(at, key.0, grant.client, key.1);
        if let Some(session) = grant.session {
            self.by_session.remove(at, key.0, session, key.1);
        }
        self.deaths.remove(at, death(&grant), key);
        self.rows.remove(at, key);
    }

    /// Replaces what moves in a grant's life: its end.
    fn replace(&mut self, at: Moment, grant: Grant) {
        let key = (grant.realm, grant.id);
        if let Some(was) = self.rows.get(at, &key).map(death) {
            self.deaths.remove(at, was, key);
        }
        self.deaths.put(at, death(&grant), key);
        self.rows.put(at, key, grant);
    }

    /// Ends one; false when there was none that had not ended.
    fn end(&mut self, at: Moment, key: Key, when: Timestamp) -> bool {
        let alive = self
            .rows
            .get(at, &key)
            .filter(|grant| grant.ended_at.is_none());
        let Some(grant) = alive.cloned() else {
            return false;
        };
        self.replace(
            at,
            Grant {
                ended_at: Some(when),
                ..grant
            },
        );
        true
    }

    /// All that match, by the index that promises the fewest; by row id.
    fn matching(
        &self,
        at: Moment,
        realm: Id<Realm>,
        filter: &GrantFilter,
        after: Option<Id<Grant>>,
    ) -> impl Iterator<Item = &Grant> {
        let indexed: Option<BTreeSet<Id<Grant>>> = match *filter {
            GrantFilter {
                session: Some(session),
                ..
            } => Some(self.by_session.of(at, realm, session).collect()),
            GrantFilter {
                user: Some(user), ..
            } => Some(self.by_user.of(at, realm, user).collect()),
            GrantFilter {
                client: Some(client),
                ..
            } => Some(self.by_client.of(at, realm, client).collect()),
            GrantFilter {
                session: None,
                user: None,
                client: None,
                ..
            } => None,
        };
        let all = indexed
            .is_none()
            .then(|| self.rows.range(at, rows_of(realm, after)));
        let all = all.into_iter().flatten().map(|(_, grant)| grant);
        let some = indexed.into_iter().flatten();
        let some = some.filter(move |id| after.is_none_or(|after| after < *id));
        let some = some.filter_map(move |id| self.rows.get(at, &(realm, id)));
        all.chain(some).filter(|grant| fits(filter, grant))
    }

    /// Removes all that match.
    pub(crate) fn remove_matching(&mut self, at: Moment, realm: Id<Realm>, filter: &GrantFilter) {
        let matching = self.matching(at, realm, filter, None);
        let ids: Vec<Id<Grant>> = matching.map(|grant| grant.id).collect();
        for id in ids {
            self.erase(at, (realm, id));
        }
    }

    /// Removes at most so many of a realm's rows.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let rows = self.rows.range(at, rows_of(realm, None)).take(limit);
        let keys: Vec<Key> = rows.map(|(key, _)| *key).collect();
        for key in &keys {
            self.erase(at, *key);
        }
        keys.len()
    }
}

#[async_trait]
impl<S: Stand> FindGrants for View<S> {
    async fn find(&mut self, realm: Id<Realm>, id: Id<Grant>) -> Result<Option<Grant>, StoreError> {
        self.look(|tables, at| tables.grants.rows.get(at, &(realm, id)).cloned())
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: GrantFilter,
        page: PageRequest<Grant>,
    ) -> Result<Listed<Grant>, StoreError> {
        self.look(|tables, at| {
            page_of(
                tables.grants.matching(at, realm, &filter, page.after),
                page.limit,
            )
        })
    }
}

#[async_trait]
impl Grants for View<Turn> {
    async fn insert(&mut self, grant: &Grant) -> Result<(), StoreError> {
        self.change(|tables, at| {
            if tables.grants.rows.contains(at, &(grant.realm, grant.id)) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            tables.grants.place(at, grant);
            Ok(())
        })
    }

    async fn end(
        &mut self,
        realm: Id<Realm>,
        id: Id<Grant>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.change(|tables, moment| Ok(tables.grants.end(moment, (realm, id), at)))
    }

    async fn end_matching(
        &mut self,
        realm: Id<Realm>,
        filter: GrantFilter,
        at: Timestamp,
    ) -> Result<Vec<Id<Grant>>, StoreError> {
        if filter == GrantFilter::default() {
            return Ok(Vec::new());
        }
        self.change(|tables, moment| {
            let matching = tables.grants.matching(moment, realm, &filter, None);
            let mut ids: Vec<Id<Grant>> = matching.map(|grant| grant.id).collect();
            ids.retain(|id| tables.grants.end(moment, (realm, *id), at));
            Ok(ids)
        })
    }

    async fn extend(
        &mut self,
        realm: Id<Realm>,
        id: Id<Grant>,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let stored = tables.grants.rows.get(at, &(realm, id));
            if let Some(grant) = stored.filter(|grant| grant.expires_at < until).cloned() {
                tables.grants.replace(
                    at,
                    Grant {
                        expires_at: until,
                        ..grant
                    },
                );
            }
            Ok(())
        })
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let dead = tables.grants.deaths.before(at, before, limit);
            for key in &dead {
                tables.grants.erase(at, *key);
            }
            Ok(dead.len() as u64)
        })
    }
}
