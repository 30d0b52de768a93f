//! Browser sign-ins.

use async_trait::async_trait;
use gatelodge_domain::{Digest, Id, Realm, Session, Timestamp, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    Duplicate, FindSessions, Listed, PageRequest, SessionFilter, Sessions,
};

use crate::index::{Deaths, Links};
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, page_of, rows_of};

type Key = (Id<Realm>, Id<Session>);

tables! {
    /// Sessions by row id, cookie and person.
    SessionTables {
        rows: Table<Key, Session>,
        by_secret: Table<(Id<Realm>, Digest), Id<Session>>,
        by_user: Links<Id<User>, Id<Session>>,
        deaths: Deaths<Key>,
    }
}

/// When a session stops to stand for anybody.
fn death(session: &Session) -> Timestamp {
    session
        .ended_at
        .map_or(session.expires_at, |ended| ended.min(session.expires_at))
}

impl SessionTables {
    fn write(&mut self, at: Moment, session: &Session) -> Result<(), StoreError> {
        let (key, secret) = ((session.realm, session.id), (session.realm, session.secret));
        if self
            .by_secret
            .get(at, &secret)
            .is_some_and(|id| *id != session.id)
        {
            return Err(StoreError::Duplicate(Duplicate::Key));
        }
        self.erase(at, key);
        self.by_secret.put(at, secret, session.id);
        self.by_user
            .put(at, session.realm, session.user, session.id);
        self.deaths.put(at, death(session), key);
        self.rows.put(at, key, session.clone());
        Ok(())
    }

    /// Ends one; false when there was none that had not ended.
    fn end(&mut self, at: Moment, key: Key, when: Timestamp) -> bool {
        let Some(session) = self.rows.get(at, &key).filter(|row| row.ended_at.is_none()) else {
            return false;
        };
        let ended = Session {
            ended_at: Some(when),
            ..session.clone()
        };
        let was = death(session);
        self.deaths.remove(at, was, key);
        self.deaths.put(at, death(&ended), key);
        self.rows.put(at, key, ended);
        true
    }

    fn erase(&mut self, at: Moment, key: Key) {
        let Some(session) = self.rows.get(at, &key).cloned() else {
            return;
        };
        self.by_secret.remove(at, (session.realm, session.secret));
        self.by_user
            .remove(at, session.realm, session.user, session.id);
        self.deaths.remove(at, death(&session), key);
        self.rows.remove(at, key);
    }

    /// Removes all of a person's.
    pub(crate) fn remove_of_user(&mut self, at: Moment, realm: Id<Realm>, user: Id<User>) {
        let ids: Vec<Id<Session>> = self.by_user.of(at, realm, user).collect();
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

    fn page(
        &self,
        at: Moment,
        realm: Id<Realm>,
        filter: SessionFilter,
        page: &PageRequest<Session>,
    ) -> Listed<Session> {
        let live = |session: &&Session| {
            filter
                .live_at
                .is_none_or(|now| session.ended_at.is_none() && now < session.expires_at)
        };
        let Some(user) = filter.user else {
            let rows = self.rows.range(at, rows_of(realm, page.after));
            return page_of(rows.map(|(_, session)| session).filter(live), page.limit);
        };
        let ids = self.by_user.of(at, realm, user);
        let ids = ids.filter(|id| page.after.is_none_or(|after| after < *id));
        page_of(
            ids.filter_map(|id| self.rows.get(at, &(realm, id)))
                .filter(live),
            page.limit,
        )
    }
}

#[async_trait]
impl<S: Stand> FindSessions for View<S> {
    async fn find_by_secret(
        &mut self,
        realm: Id<Realm>,
        secret: &Digest,
    ) -> Result<Option<Session>, StoreError> {
        self.look(|tables, at| {
            let id = tables.sessions.by_secret.get(at, &(realm, *secret))?;
            tables.sessions.rows.get(at, &(realm, *id)).cloned()
        })
    }

    async fn find(
        &mut self,
        realm: Id<Realm>,
        id: Id<Session>,
    ) -> Result<Option<Session>, StoreError> {
        self.look(|tables, at| tables.sessions.rows.get(at, &(realm, id)).cloned())
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: SessionFilter,
        page: PageRequest<Session>,
    ) -> Result<Listed<Session>, StoreError> {
        self.look(|tables, at| tables.sessions.page(at, realm, filter, &page))
    }
}

#[async_trait]
impl Sessions for View<Turn> {
    async fn insert(&mut self, session: &Session) -> Result<(), StoreError> {
        self.change(|tables, at| {
            if tables
                .sessions
                .rows
                .contains(at, &(session.realm, session.id))
            {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            tables.sessions.write(at, session)
        })
    }

    async fn update(&mut self, session: &Session) -> Result<Session, StoreError> {
        self.change(|tables, at| {
            let stored = tables.sessions.rows.get(at, &(session.realm, session.id));
            let fits = |stored: &&Session| {
                stored.revision == session.revision && stored.ended_at.is_none()
            };
            let stored = stored.filter(fits).cloned().ok_or(StoreError::Stale)?;
            let updated = Session {
                secret: session.secret,
                authentication: session.authentication.clone(),
                persistence: session.persistence,
                seen_at: session.seen_at,
                expires_at: session.expires_at,
                revision: session.revision.next(),
                ..stored
            };
            tables.sessions.write(at, &updated)?;
            Ok(updated)
        })
    }

    async fn touch(
        &mut self,
        realm: Id<Realm>,
        id: Id<Session>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(|tables, moment| {
            let rows = &mut tables.sessions.rows;
            if let Some(session) = rows.get(moment, &(realm, id)).cloned() {
                let seen_at = at.max(session.seen_at);
                rows.put(moment, (realm, id), Session { seen_at, ..session });
            }
            Ok(())
        })
    }

    async fn end(
        &mut self,
        realm: Id<Realm>,
        id: Id<Session>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.change(|tables, moment| Ok(tables.sessions.end(moment, (realm, id), at)))
    }

    async fn end_all_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        keep: Option<Id<Session>>,
        at: Timestamp,
    ) -> Result<Vec<Id<Session>>, StoreError> {
        self.change(|tables, moment| {
            let mut ids: Vec<_> = tables.sessions.by_user.of(moment, realm, user).collect();
            ids.retain(|id| keep != Some(*id));
            ids.retain(|id| tables.sessions.end(moment, (realm, *id), at));
            Ok(ids)
        })
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let dead = tables.sessions.deaths.before(at, before, limit);
            for key in &dead {
                tables.sessions.erase(at, *key);
            }
            Ok(dead.len() as u64)
        })
    }
}
