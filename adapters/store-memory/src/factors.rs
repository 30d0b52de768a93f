//! Second factors and recovery codes.

use async_trait::async_trait;
use gatelodge_domain::factor::Precedence;
use gatelodge_domain::factor::recovery_codes::StoredRecoveryCode;
use gatelodge_domain::{Digest, Factor, Id, Realm, Timestamp, User};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Duplicate, Factors, FindFactors, Spent};

use crate::index::Links;
use crate::table::{Moment, Table, tables};
use crate::view::{Stand, Turn, View, rows_of};

type Key = (Id<Realm>, Id<Factor>);
type CodeKey = (Id<Realm>, Id<User>, Digest);

tables! {
    /// Factors by row id and person, and recovery codes by person.
    FactorTables {
        rows: Table<Key, Factor>,
        by_user: Links<Id<User>, Id<Factor>>,
        codes: Table<CodeKey, StoredRecoveryCode>,
    }
}

impl FactorTables {
    fn of_user(&self, at: Moment, realm: Id<Realm>, user: Id<User>) -> Vec<Factor> {
        let ids = self.by_user.of(at, realm, user);
        ids.filter_map(|id| self.rows.get(at, &(realm, id)).cloned())
            .collect()
    }

    fn codes_of(&self, at: Moment, realm: Id<Realm>, user: Id<User>) -> Vec<StoredRecoveryCode> {
        let first = (realm, user, Digest::new([0; 32]));
        let last = (realm, user, Digest::new([0xff; 32]));
        let codes = self.codes.range(at, first..=last);
        codes.map(|(_, code)| code.clone()).collect()
    }

    fn erase(&mut self, at: Moment, factor: &Factor) {
        self.by_user
            .remove(at, factor.realm, factor.user, factor.id);
        self.rows.remove(at, (factor.realm, factor.id));
    }

    fn erase_codes(&mut self, at: Moment, realm: Id<Realm>, user: Id<User>) {
        for code in self.codes_of(at, realm, user) {
            self.codes.remove(at, (realm, user, code.digest));
        }
    }

    /// Removes all of a person's, and counts the factors.
    pub(crate) fn remove_of_user(&mut self, at: Moment, realm: Id<Realm>, user: Id<User>) -> u64 {
        let factors = self.of_user(at, realm, user);
        for factor in &factors {
            self.erase(at, factor);
        }
        self.erase_codes(at, realm, user);
        factors.len() as u64
    }

    /// Removes at most so many of a realm's rows.
    pub(crate) fn clear(&mut self, at: Moment, realm: Id<Realm>, limit: usize) -> usize {
        let rows = self.rows.range(at, rows_of(realm, None)).take(limit);
        let factors: Vec<Factor> = rows.map(|(_, factor)| factor.clone()).collect();
        for factor in &factors {
            self.erase(at, factor);
        }
        let first = (realm, Id::from_u128(0), Digest::new([0; 32]));
        let last = (realm, Id::from_u128(u128::MAX), Digest::new([0xff; 32]));
        let codes = self.codes.range(at, first..=last);
        let codes: Vec<CodeKey> = codes
            .take(limit - factors.len())
            .map(|(key, _)| *key)
            .collect();
        for key in &codes {
            self.codes.remove(at, *key);
        }
        factors.len() + codes.len()
    }
}

#[async_trait]
impl<S: Stand> FindFactors for View<S> {
    async fn find(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        id: Id<Factor>,
    ) -> Result<Option<Factor>, StoreError> {
        self.look(|tables, at| {
            let found = tables.factors.rows.get(at, &(realm, id));
            found.filter(|factor| factor.user == user).cloned()
        })
    }

    async fn list_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<Factor>, StoreError> {
        self.look(|tables, at| tables.factors.of_user(at, realm, user))
    }

    async fn recovery_codes_of(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
    ) -> Result<Vec<StoredRecoveryCode>, StoreError> {
        self.look(|tables, at| tables.factors.codes_of(at, realm, user))
    }
}

#[async_trait]
impl Factors for View<Turn> {
    async fn insert(&mut self, factor: &Factor) -> Result<(), StoreError> {
        self.change(|tables, at| {
            let factors = &mut tables.factors;
            if factors.rows.contains(at, &(factor.realm, factor.id)) {
                return Err(StoreError::Duplicate(Duplicate::Key));
            }
            factors
                .by_user
                .put(at, factor.realm, factor.user, factor.id);
            factors
                .rows
                .put(at, (factor.realm, factor.id), factor.clone());
            Ok(())
        })
    }

    async fn rename(&mut self, factor: &Factor) -> Result<Factor, StoreError> {
        self.change(|tables, at| {
            let key = (factor.realm, factor.id);
            let stored = tables.factors.rows.get(at, &key);
            let stored = stored.filter(|stored| stored.revision == factor.revision);
            let renamed = Factor {
                name: factor.name.clone(),
                revision: factor.revision.next(),
                ..stored.cloned().ok_or(StoreError::Stale)?
            };
            tables.factors.rows.put(at, key, renamed.clone());
            Ok(renamed)
        })
    }

    async fn make_primary(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        id: Id<Factor>,
    ) -> Result<(), StoreError> {
        self.change(|tables, at| {
            for factor in tables.factors.of_user(at, realm, user) {
                let precedence = if factor.id == id {
                    Precedence::Primary
                } else {
                    Precedence::Further
                };
                let key = (realm, factor.id);
                let changed = Factor {
                    precedence,
                    ..factor
                };
                tables.factors.rows.put(at, key, changed);
            }
            Ok(())
        })
    }

    async fn use_step(
        &mut self,
        realm: Id<Realm>,
        id: Id<Factor>,
        step: u64,
        when: Timestamp,
    ) -> Result<Spent, StoreError> {
        self.change(|tables, at| {
            let stored = tables.factors.rows.get(at, &(realm, id));
            let Some(stored) = stored.filter(|stored| stored.last_step < step) else {
                return Ok(Spent::Not);
            };
            let used = Factor {
                last_step: step,
                last_used_at: Some(when),
                ..stored.clone()
            };
            tables.factors.rows.put(at, (realm, id), used);
            Ok(Spent::Now)
        })
    }

    async fn remove(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        id: Id<Factor>,
    ) -> Result<bool, StoreError> {
        self.change(|tables, at| {
            let found = tables.factors.rows.get(at, &(realm, id)).cloned();
            let Some(factor) = found.filter(|factor| factor.user == user) else {
                return Ok(false);
            };
            tables.factors.erase(at, &factor);
            Ok(true)
        })
    }

    async fn remove_all_of(&mut self, realm: Id<Realm>, user: Id<User>) -> Result<u64, StoreError> {
        self.change(|tables, at| Ok(tables.factors.remove_of_user(at, realm, user)))
    }

    async fn replace_recovery_codes(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        codes: &[StoredRecoveryCode],
    ) -> Result<(), StoreError> {
        self.change(|tables, at| {
            tables.factors.erase_codes(at, realm, user);
            for code in codes {
                let key = (realm, user, code.digest);
                tables.factors.codes.put(at, key, code.clone());
            }
            Ok(())
        })
    }

    async fn use_recovery_code(
        &mut self,
        realm: Id<Realm>,
        user: Id<User>,
        digest: &Digest,
        when: Timestamp,
    ) -> Result<Spent, StoreError> {
        self.change(|tables, at| {
            let key = (realm, user, *digest);
            let stored = tables.factors.codes.get(at, &key);
            let Some(stored) = stored.filter(|stored| stored.used_at.is_none()) else {
                return Ok(Spent::Not);
            };
            let spent = StoredRecoveryCode {
                used_at: Some(when),
                ..stored.clone()
            };
            tables.factors.codes.put(at, key, spent);
            Ok(Spent::Now)
        })
    }
}
