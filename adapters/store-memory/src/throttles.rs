//! Counts of failed tries.

use async_trait::async_trait;
use gatelodge_domain::throttle::Throttle;
use gatelodge_domain::{Digest, Id, Realm, Timestamp, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindThrottles, Listed, PageRequest, ThrottleFilter, Throttles};

use crate::index::{Deaths, Links};
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, page_of, rows_of};

type Key = (Id<Realm>, Id<Throttle>);

tables! {
    /// Counts by row id, digest and person.
    ThrottleTables {
        rows: Table<Key, Throttle>,
        by_digest: Table<(Id<Realm>, Digest), Id<Throttle>>,
        by_user: Links<Id<User>, Id<Throttle>>,
        deaths: Deaths<Key>,
    }
}

impl ThrottleTables {
    fn of_digest(&self, at: Moment, realm: Id<Realm>, digest: &Digest) -> Option<&Throttle> {
        let id = self.by_digest.get(at, &(realm, *digest))?;
        self.rows.get(at, &(realm, *id))
    }

    fn write(&mut self, at: Moment, throttle: &Throttle) {
        let key = (throttle.realm, throttle.id);
        self.erase(at, key);
        self.by_digest
            .put(at, (throttle.realm, throttle.digest), throttle.id);
        if let Some(user) = throttle.user {
            self.by_user.put(at, throttle.realm, user, throttle.id);
        }
        self.deaths.put(at, throttle.expires_at, key);
        self.rows.put(at, key, throttle.clone());
    }

    fn erase(&mut self, at: Moment, key: Key) -> bool {
        let Some(throttle) = self.rows.get(at, &key).cloned() else {
            return false;
        };
        self.by_digest.remove(at, (throttle.realm, throttle.digest));
        if let Some(user) = throttle.user {
            self.by_user.remove(at, throttle.realm, user, throttle.id);
        }
        self.deaths.remove(at, throttle.expires_at, key);
        self.rows.remove(at, key);
        true
    }

    /// Removes all of a person's, and counts them.
    pub(crate) fn remove_of_user(&mut self, at: Moment, realm: Id<Realm>, user: Id<User>) -> u64 {
        let ids: Vec<Id<Throttle>> = self.by_user.of(at, realm, user).collect();
        for id in &ids {
            self.erase(at, (realm, *id));
        }
        ids.len() as u64
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
impl<S: Stand> FindThrottles for View<S> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        digest: &Digest,
    ) -> Result<Option<Throttle>, StoreError> {
        self.look(|tables, at| tables.throttles.of_digest(at, realm, digest).cloned())
    }

    async fn list(
        &mut self,
        realm: Id<Realm>,
        filter: ThrottleFilter,
        page: PageRequest<Throttle>,
    ) -> Result<Listed<Throttle>, StoreError> {
        self.look(|tables, at| {
            let wanted = |throttle: &&Throttle| {
                filter.user.is_none_or(|user| throttle.user == Some(user))
                    && filter.digest.is_none_or(|digest| throttle.digest == digest)
                    && filter.live_at.is_none_or(|now| now < throttle.expires_at)
            };
            let rows = tables.throttles.rows.range(at, rows_of(realm, page.after));
            page_of(rows.map(|(_, row)| row).filter(wanted), page.limit)
        })
    }
}

#[async_trait]
impl Throttles for View<Turn> {
    async fn count(&mut self, first: &Throttle) -> Result<Throttle, StoreError> {
        self.change(|tables, at| {
            let known = tables.throttles.of_digest(at, first.realm, &first.digest);
            let counted = match known {
                None => first.clone(),
                Some(known) if known.expires_at <= first.last_failed_at => Throttle {
                    id: known.id,
                    label: known.label.clone(),
                    ..first.clone()
                },
                Some(known) => Throttle {
                    user: first.user,
                    failures: known.failures.saturating_add(1),
                    last_failed_at: first.last_failed_at,
                    expires_at: known.expires_at.max(first.expires_at),
                    ..known.clone()
                },
            };
            tables.throttles.write(at, &counted);
            Ok(counted)
        })
    }

    async fn hold(&mut self, throttle: &Throttle) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            let stored = tables
                .throttles
                .rows
                .get(at, &(throttle.realm, throttle.id));
            let Some(stored) = stored.filter(|stored| stored.failures == throttle.failures) else {
                return Ok(false);
            };
            let held = Throttle {
                blocked_until: throttle.blocked_until,
                expires_at: throttle.expires_at,
                ..stored.clone()
            };
            tables.throttles.write(at, &held);
            Ok(true)
        })
    }

    async fn remove(&mut self, realm: Id<Realm>, id: Id<Throttle>) -> Result<bool, StoreError> {
        self.change(|tables, at| Ok(tables.throttles.erase(at, (realm, id))))
    }

    async fn clear(&mut self, realm: Id<Realm>, digest: &Digest) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let found = tables.throttles.of_digest(at, realm, digest);
            if let Some(id) = found.map(|throttle| throttle.id) {
                tables.throttles.erase(at, (realm, id));
            }
            Ok(())
        })
    }

    async fn remove_of(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<u64, StoreError> {
        self.change(|tables, at| Ok(tables.throttles.remove_of_user(at, realm, user)))
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let dead = tables.throttles.deaths.before(at, before, limit);
            for key in &dead {
                tables.throttles.erase(at, *key);
            }
            Ok(dead.len() as u64)
        })
    }
}
