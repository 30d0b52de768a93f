//! What makes access tokens void before their `exp`.

use async_trait::async_trait;
use gatelodge_domain::revocation::{RevokedThing, TokenFacts, WatermarkOwner};
use gatelodge_domain::{Id, Realm, Revocation, Timestamp, Watermark};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{FindRevocations, Revocations};

use crate::index::Deaths;
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View};

type Key = (Id<Realm>, RevokedThing);

tables! {
    /// Entries with the end of what they concern, and watermarks.
    RevocationTables {
        entries: Table<Key, Timestamp>,
        deaths: Deaths<Key>,
        watermarks: Table<(Id<Realm>, WatermarkOwner), Timestamp>,
    }
}

impl RevocationTables {
    fn add(&mut self, at: Moment, revocation: Revocation) {
        let key = (revocation.realm, revocation.thing);
        match self.entries.get(at, &key).copied() {
            Some(until) if revocation.until <= until => return,
            Some(until) => self.deaths.remove(at, until, key),
            None => {}
        }
        self.deaths.put(at, revocation.until, key);
        self.entries.put(at, key, revocation.until);
    }

    fn erase(&mut self, at: Moment, key: Key) {
        if let Some(until) = self.entries.get(at, &key).copied() {
            self.deaths.remove(at, until, key);
            self.entries.remove(at, key);
        }
    }

    fn is_revoked(&self, at: Moment, token: &TokenFacts, now: Timestamp) -> bool {
        let things = [
            Some(RevokedThing::Token(token.token)),
            token.grant.map(RevokedThing::Grant),
            token.session.map(RevokedThing::Session),
        ];
        let listed = things.into_iter().flatten().any(|thing| {
            self.entries
                .get(at, &(token.realm, thing))
                .is_some_and(|until| now < *until)
        });
        let owners = [
            token.user.map(WatermarkOwner::User),
            Some(WatermarkOwner::Client(token.client)),
            Some(WatermarkOwner::Realm),
        ];
        let made = token.token.timestamp();
        listed
            || owners.into_iter().flatten().any(|owner| {
                let watermark = self.watermarks.get(at, &(token.realm, owner));
                watermark.is_some_and(|not_before| made <= *not_before)
            })
    }

    /// Drops watermarks that `goes` picks, at most so many.
    fn drop_watermarks(
        &mut self,
        at: Moment,
        limit: usize,
        goes: impl Fn(Id<Realm>, Timestamp) -> bool,
    ) -> usize {
        let watermarks = self.watermarks.iter(at);
        let gone: Vec<_> = watermarks
            .filter(|((realm, _), not_before)| goes(*realm, **not_before))
            .map(|(key, _)| *key)
            .take(limit)
            .collect();
        for key in &gone {
            self.watermarks.remove(at, *key);
        }
        gone.len()
    }

    /// Removes at most so many of a realm's entries. Its watermarks outlive it until
    /// [`Revocations::sweep_watermarks`], as the tokens do that they concern.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let first = (realm, RevokedThing::Token(Id::from_u128(0)));
        let rows = self
            .entries
            .range(at, first..)
            .take_while(|((of, _), _)| *of == realm);
        let keys: Vec<Key> = rows.map(|(key, _)| *key).take(limit).collect();
        for key in &keys {
            self.erase(at, *key);
        }
        keys.len()
    }
}

#[async_trait]
impl<S: Stand> FindRevocations for View<S> {
    async fn list(&mut self, now: Timestamp) -> Result<Vec<Revocation>, StoreError> {
        self.look(|tables, at| {
            let entries = tables.revocations.entries.iter(at);
            let entries = entries.filter(|(_, until)| now < **until);
            entries
                .map(|((realm, thing), until)| Revocation {
                    realm: *realm,
                    thing: *thing,
                    until: *until,
                })
                .collect()
        })
    }

    async fn list_watermarks(&mut self) -> Result<Vec<Watermark>, StoreError> {
        self.look(|tables, at| {
            let watermarks = tables.revocations.watermarks.iter(at);
            watermarks
                .map(|((realm, owner), not_before)| Watermark {
                    realm: *realm,
                    owner: *owner,
                    not_before: *not_before,
                })
                .collect()
        })
    }

    async fn is_revoked(&mut self, token: &TokenFacts, now: Timestamp) -> Result<bool, StoreError> {
        self.look(|tables, at| tables.revocations.is_revoked(at, token, now))
    }
}

#[async_trait]
impl Revocations for View<Turn> {
    async fn add(&mut self, revocation: Revocation) -> Result<(), StoreError> {
        self.change(|tables, at| {
            tables.revocations.add(at, revocation);
            Ok(())
        })
    }

    async fn raise(&mut self, watermark: Watermark) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let watermarks = &mut tables.revocations.watermarks;
            let key = (watermark.realm, watermark.owner);
            if watermarks
                .get(at, &key)
                .is_none_or(|stored| *stored < watermark.not_before)
            {
                watermarks.put(at, key, watermark.not_before);
            }
            Ok(())
        })
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let revocations = &mut tables.revocations;
            let dead = revocations.deaths.before(at, before, limit);
            for key in &dead {
                revocations.erase(at, *key);
            }
            Ok(dead.len() as u64)
        })
    }

    async fn sweep_watermarks(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        self.change(|tables, at| {
            let swept =
                tables
                    .revocations
                    .drop_watermarks(at, usize::from(limit), |_, not_before| not_before < before);
            Ok(swept as u64)
        })
    }

    async fn forget(&mut self, realm: Id<Realm>) -> Result<(), StoreError> {
        self.change(|tables, at| {
            tables
                .revocations
                .drop_watermarks(at, usize::MAX, |id, _| id == realm);
            Ok(())
        })
    }
}
