//! A bounded map of values that are loaded once and dropped when they change.
//!
//! A loader reads the generation before it asks the store and hands it back with the value:
//! if anything was dropped in between, the value may be older than the change and is not kept.
//!
//! What nobody asked for between two looks is forgotten, so that a house which was busy for a
//! while does not hold the memory of that while for good.

use crate::figures::{CacheFigures, Count};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
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
    entries: HashMap<K, Entry<V>>,
}

struct Entry<V> {
    value: V,
    /// Asked for since [`Cache::forget_idle`] last looked.
    wanted: AtomicBool,
}

impl<V: Clone> Entry<V> {
    /// Its value, for somebody who asked.
    fn answer(&self) -> V {
        // Most often it is set already, and what is only read is not taken from other processors.
        if !self.wanted.load(Ordering::Relaxed) {
            self.wanted.store(true, Ordering::Relaxed);
        }
        self.value.clone()
    }
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
        let found = self.read().entries.get(key).map(Entry::answer);
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
        let wanted = AtomicBool::new(true);
        inner.entries.insert(key, Entry { value, wanted });
    }

    /// Forgets what nobody asked for since the last time, and gives its memory back.
    pub fn forget_idle(&self) {
        let mut inner = self.write();
        let entries = &mut inner.entries;
        entries.retain(|_, entry| std::mem::take(entry.wanted.get_mut()));
        if entries.len() < entries.capacity() / 4 {
            entries.shrink_to_fit();
        }
    }

    /// Drops what the test picks.
    pub fn drop_where(&self, picks: impl Fn(&K, &V) -> bool) {
        let mut inner = self.write();
        inner.generation += 1;
        inner.entries.retain(|key, entry| !picks(key, &entry.value));
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
    fn what_nobody_asks_for_is_forgotten() {
        let cache = Cache::bounded(10);
        cache.keep(cache.generation(), "busy", 1);
        cache.keep(cache.generation(), "idle", 2);
        cache.forget_idle();
        assert_eq!(cache.get("busy"), Some(1));
        cache.forget_idle();
        assert_eq!(cache.get("idle"), None);
        assert_eq!(cache.get("busy"), Some(1));
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
