//! A bounded map of values that are loaded once and dropped when they change.
//!
//! A loader reads the generation before it asks the store and hands it back with the value:
//! if anything was dropped in between, the value may be older than the change and is not kept.

use crate::figures::{CacheFigures, Count};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Values by key. Full, it forgets everything: entries are cheap to load again, and nobody can
/// make us keep more than the bound.
pub struct Cache<K, V> {
    bound: usize,
    hits: Count,
    misses: Count,
    inner: RwLock<Inner<K, V>>,
}

struct Inner<K, V> {
    generation: u64,
    entries: HashMap<K, V>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// A cache of at most that many entries.
    pub fn bounded(bound: usize) -> Self {
        Self {
            bound,
            hits: Count::default(),
            misses: Count::default(),
            inner: RwLock::new(Inner {
                generation: 0,
                entries: HashMap::new(),
            }),
        }
    }

    /// The value, if it is here.
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let found = self.read().entries.get(key).cloned();
        match found {
            Some(_) => self.hits.add_one(),
            None => self.misses.add_one(),
        }
        found
    }

    /// How often it had what it was asked for.
    pub fn figures(&self, name: &'static str) -> CacheFigures {
        CacheFigures {
            name,
            hits: self.hits.get(),
            misses: self.misses.get(),
        }
    }

    /// To be read before the store is asked.
    pub fn generation(&self) -> u64 {
        self.read().generation
    }

    /// Keeps a value that was loaded after [`Self::generation`] was read.
    pub fn keep(&self, generation: u64, key: K, value: V) {
        let mut inner = self.write();
        if inner.generation != generation {
            return;
        }
        if inner.entries.len() >= self.bound && !inner.entries.contains_key(&key) {
            inner.entries.clear();
        }
        inner.entries.insert(key, value);
    }

    /// Drops what the test picks.
    pub fn drop_where(&self, picks: impl Fn(&K, &V) -> bool) {
        let mut inner = self.write();
        inner.generation += 1;
        inner.entries.retain(|key, value| !picks(key, value));
    }

    /// Drops one entry.
    pub fn drop_key(&self, key: &K) {
        let mut inner = self.write();
        inner.generation += 1;
        inner.entries.remove(key);
    }

    // A panic elsewhere leaves the map whole: every change is a single call.
    fn read(&self) -> RwLockReadGuard<'_, Inner<K, V>> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner<K, V>> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_loaded_before_a_change_is_not_kept() {
        let cache = Cache::bounded(10);
        let before = cache.generation();
        cache.drop_key(&1);
        cache.keep(before, 1, "old");
        assert_eq!(cache.get(&1), None);
        cache.keep(cache.generation(), 1, "new");
        assert_eq!(cache.get(&1), Some("new"));
    }

    #[test]
    fn it_never_holds_more_than_its_bound() {
        let cache = Cache::bounded(3);
        for key in 0..100 {
            cache.keep(cache.generation(), key, ());
        }
        assert!(cache.read().entries.len() <= 3);
    }
}
