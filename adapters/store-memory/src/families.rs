//! Chains of refresh tokens.

use core::time::Duration;

use async_trait::async_trait;
use gatelodge_domain::{Client, Grant, Id, Realm, RefreshFamily, Session, Subject, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    Duplicate, FamilyFilter, FindRefreshFamilies, RefreshFamilies, RotateFamily, Rotated, Rotation,
};

use crate::index::{Deaths, Links};
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, rows_of};

type Key = (Id<Realm>, Id<RefreshFamily>);

tables! {
    /// Families by row id and by what they can be ended with.
    FamilyTables {
        rows: Table<Key, RefreshFamily>,
        by_grant: Links<Id<Grant>, Id<RefreshFamily>>,
        by_session: Links<Id<Session>, Id<RefreshFamily>>,
        by_subject: Links<Subject, Id<RefreshFamily>>,
        by_client: Links<Id<Client>, Id<RefreshFamily>>,
        deaths: Deaths<Key>,
    }
}

/// When a family stops to be of use.
fn death(family: &RefreshFamily) -> Timestamp {
    let expiry = family.idle_expires_at.min(family.expires_at);
    family.ended_at.map_or(expiry, |ended| ended.min(expiry))
}

fn fits(filter: &FamilyFilter, family: &RefreshFamily) -> bool {
    filter.grant.is_none_or(|grant| family.grant == grant)
        && filter
            .session
            .is_none_or(|session| family.session == Some(session))
        && filter
            .subject
            .is_none_or(|subject| family.subject == subject)
        && filter.client.is_none_or(|client| family.client == client)
        && filter.reach.is_none_or(|reach| family.reach == reach)
        && (filter.not_session.is_none() || family.session != filter.not_session)
}

impl FamilyTables {
    fn place(&mut self, at: Moment, family: &RefreshFamily) {
        let (realm, id) = (family.realm, family.id);
        self.by_grant.put(at, realm, family.grant, id);
        self.by_subject.put(at, realm, family.subject, id);
        self.by_client.put(at, realm, family.client, id);
        if let Some(session) = family.session {
            self.by_session.put(at, realm, session, id);
        }
        self.deaths.put(at, death(family), (realm, id));
        self.rows.put(at, (realm, id), family.clone());
    }

    fn erase(&mut self, at: Moment, key: Key) {
        let Some(family) = self.rows.get(at, &key).cloned() else {
            return;
        };
        self.by_grant.remove(at, key.0, family.grant, key.1);
        self.by_subject.remove(at, key.0, family.subject, key.1);
        self.by_client.remove(at, key.0, family.client, key.1);
        if let Some(session) = family.session {
            self.by_session.remove(at, key.0, session, key.1);
        }
        self.deaths.remove(at, death(&family), key);
        self.rows.remove(at, key);
    }

    /// Replaces what moves in a family's life: generation, times and end.
    fn replace(&mut self, at: Moment, family: RefreshFamily) {
        let key = (family.realm, family.id);
        if let Some(was) = self.rows.get(at, &key).map(death) {
            self.deaths.remove(at, was, key);
        }
        self.deaths.put(at, death(&family), key);
        self.rows.put(at, key, family);
    }

    fn rotate(&mut self, at: Moment, step: &RotateFamily) -> Rotated {
        let Some(mut family) = self.rows.get(at, &(step.realm, step.id)).cloned() else {
            return Rotated::Unknown;
        };
        if !family.is_live(step.now) {
            return Rotated::Dead(family);
        }
        if family.generation != step.generation {
            let overlap = Duration::from_millis(u64::from(step.overlap_ms));
            return if family.overlaps(step.generation, step.now, overlap) {
                Rotated::Overlap(family)
            } else {
                Rotated::Reused(family)
            };
        }
        if step.step == Rotation::Step {
            family.generation += 1;
            family.rotated_at = step.now;
        }
        family.idle_expires_at = step.idle_expires_at;
        self.replace(at, family.clone());
        Rotated::Done(family)
    }

    /// All that match, by the index that promises the fewest.
    fn matching(
        &self,
        at: Moment,
        realm: Id<Realm>,
        filter: &FamilyFilter,
    ) -> Vec<Id<RefreshFamily>> {
        let mut ids: Vec<Id<RefreshFamily>> = match *filter {
            FamilyFilter {
                grant: Some(grant), ..
            } => self.by_grant.of(at, realm, grant).collect(),
            FamilyFilter {
                session: Some(session),
                ..
            } => self.by_session.of(at, realm, session).collect(),
            FamilyFilter {
                subject: Some(subject),
                ..
            } => self.by_subject.of(at, realm, subject).collect(),
            FamilyFilter {
                client: Some(client),
                ..
            } => self.by_client.of(at, realm, client).collect(),
            FamilyFilter {
                grant: None,
                session: None,
                subject: None,
                client: None,
                ..
            } => self
                .rows
                .range(at, rows_of(realm, None))
                .map(|(key, _)| key.1)
                .collect(),
        };
        ids.retain(|id| {
            self.rows
                .get(at, &(realm, *id))
                .is_some_and(|family| fits(filter, family))
        });
        ids
    }

    /// Ends one; false when there was none that had not ended.
    fn end(&mut self, at: Moment, key: Key, when: Timestamp) -> bool {
        let alive = self
            .rows
            .get(at, &key)
            .filter(|family| family.ended_at.is_none());
        let Some(family) = alive.cloned() else {
            return false;
        };
        self.replace(
            at,
            RefreshFamily {
                ended_at: Some(when),
                ..family
            },
        );
        true
    }

    /// Removes all that match.
    pub(crate) fn remove_matching(&mut self, at: Moment, realm: Id<Realm>, filter: &FamilyFilter) {
        for id in self.matching(at, realm, filter) {
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
impl<S: Stand> FindRefreshFamilies for View<S> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<RefreshFamily>,
    ) -> Result<Option<RefreshFamily>, StoreError> {
        self.look(|tables, at| tables.families.rows.get(at, &(realm, id)).cloned())
    }
}

#[async_trait]
impl RefreshFamilies for View<Turn> {
    async fn insert(&mut self, family: &RefreshFamily) -> Result<(), StoreError> {
        self.change(|tables, at| {
            if tables
                .families
                .rows
                .contains(at, &(family.realm, family.id))
            {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            tables.families.place(at, family);
            Ok(())
        })
    }

    async fn rotate(&mut self, step: RotateFamily) -> Result<Rotated, StoreError> {
        self.change(|tables, at| Ok(tables.families.rotate(at, &step)))
    }

    async fn end_matching(
        &mut self,
        realm: Id<Realm>,
        filter: FamilyFilter,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        if filter == FamilyFilter::default() {
            return Ok(0);
        }
        self.change(|tables, moment| {
            let mut ids = tables.families.matching(moment, realm, &filter);
            ids.retain(|id| tables.families.end(moment, (realm, *id), at));
            Ok(ids.len() as u64)
        })
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let dead = tables.families.deaths.before(at, before, limit);
            for key in &dead {
                tables.families.erase(at, *key);
            }
            Ok(dead.len() as u64)
        })
    }
}
