//! An ordered map that keeps, of every value, as many versions as somebody can still see.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

/// The number of a commit; later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Moment(u64);

impl Moment {
    /// The moment that the next commit will have.
    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// How a unit ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    /// Its writes stay. Nobody looks at anything older than what was true at `oldest`.
    Keep {
        /// The oldest moment that is still looked at.
        oldest: Moment,
        /// Whether that has changed since the last time it was told.
        moved: bool,
    },
    /// What was written at this moment never was.
    Forget(Moment),
}

/// Something that holds pending writes.
pub(crate) trait Settle {
    /// Ends the unit for it.
    fn settle(&mut self, verdict: Verdict);
}

/// A group of tables that settle together.
macro_rules! tables {
    ($(#[doc = $doc:literal])+ $name:ident { $($field:ident: $table:ty,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Default)]
        pub(crate) struct $name { $(pub(crate) $field: $table,)+ }

        impl $crate::table::Settle for $name {
            fn settle(&mut self, verdict: $crate::table::Verdict) {
                $(self.$field.settle(verdict);)+
            }
        }
    };
}
pub(crate) use tables;

/// Versions of one value, oldest first; `None` is a removal.
struct Versions<V>(Vec<(Moment, Option<V>)>);

impl<V> Versions<V> {
    fn at(&self, moment: Moment) -> Option<&V> {
        let (_, value) = self
            .0
            .iter()
            .rev()
            .find(|(written, _)| *written <= moment)?;
        value.as_ref()
    }

    /// Drops what nobody can see from `oldest` on.
    fn prune(&mut self, oldest: Moment) {
        let newest_visible = self.0.iter().rposition(|(written, _)| *written <= oldest);
        self.0.drain(..newest_visible.unwrap_or(0));
    }

    fn says_nothing(&self) -> bool {
        matches!(self.0.as_slice(), [] | [(_, None)])
    }
}

/// The map. Only the writer whose turn it is writes, always at one moment.
pub(crate) struct Table<K, V> {
    rows: BTreeMap<K, Versions<V>>,
    /// Keys written by the unit that is open now.
    touched: Vec<K>,
    /// Keys with versions that a pinned view still needed when they were last pruned.
    held: Vec<K>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            touched: Vec::new(),
            held: Vec::new(),
        }
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    /// The value of a key as it was at that moment.
    pub(crate) fn get(&self, at: Moment, key: &K) -> Option<&V> {
        self.rows.get(key)?.at(at)
    }

    /// Whether there was one.
    pub(crate) fn contains(&self, at: Moment, key: &K) -> bool {
        self.get(at, key).is_some()
    }

    /// Those in a range of keys, in order.
    pub(crate) fn range(
        &self,
        at: Moment,
        keys: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows
            .range(keys)
            .filter_map(move |(key, versions)| Some((key, versions.at(at)?)))
    }

    /// All of them, in order.
    pub(crate) fn iter(&self, at: Moment) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.range(at, ..)
    }

    /// Writes a value.
    pub(crate) fn put(&mut self, at: Moment, key: K, value: V) {
        self.write(at, key, Some(value));
    }

    /// Removes a value; does nothing where there is none.
    pub(crate) fn remove(&mut self, at: Moment, key: K) {
        if self.contains(at, &key) {
            self.write(at, key, None);
        }
    }

    fn write(&mut self, at: Moment, key: K, value: Option<V>) {
        let Versions(versions) = self.rows.entry(key.clone()).or_insert(Versions(Vec::new()));
        match versions.last_mut() {
            Some((written, current)) if *written == at => *current = value,
            _ => {
                versions.push((at, value));
                self.touched.push(key);
            }
        }
    }

    fn prune(&mut self, key: K, oldest: Moment) {
        let Some(versions) = self.rows.get_mut(&key) else {
            return;
        };
        versions.prune(oldest);
        if versions.says_nothing() {
            self.rows.remove(&key);
        } else if versions.0.len() > 1 {
            self.held.push(key);
        }
    }

    fn forget(&mut self, key: &K, moment: Moment) {
        let Some(Versions(versions)) = self.rows.get_mut(key) else {
            return;
        };
        versions.pop_if(|(written, _)| *written == moment);
        if versions.is_empty() {
            self.rows.remove(key);
        }
    }
}

impl<K: Ord + Clone, V> Settle for Table<K, V> {
    fn settle(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Keep { oldest, moved } => {
                if moved {
                    self.touched.append(&mut self.held);
                }
                for key in core::mem::take(&mut self.touched) {
                    self.prune(key, oldest);
                }
            }
            Verdict::Forget(moment) => {
                for key in core::mem::take(&mut self.touched) {
                    self.forget(&key, moment);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Moment = Moment(1);
    const SECOND: Moment = Moment(2);
    const THIRD: Moment = Moment(3);

    fn keep(oldest: Moment) -> Verdict {
        Verdict::Keep {
            oldest,
            moved: true,
        }
    }

    #[test]
    fn a_reader_of_an_older_moment_sees_what_was_true_then() {
        let mut table = Table::default();
        table.put(FIRST, "a", 1);
        table.settle(keep(FIRST));
        table.put(SECOND, "a", 2);
        table.put(SECOND, "b", 2);
        assert_eq!(table.get(FIRST, &"a"), Some(&1));
        assert_eq!(table.get(SECOND, &"a"), Some(&2));
        assert_eq!(table.iter(FIRST).count(), 1);
        assert_eq!(table.iter(SECOND).count(), 2);
    }

    #[test]
    fn what_is_forgotten_leaves_no_trace() {
        let mut table = Table::default();
        table.put(FIRST, "a", 1);
        table.settle(keep(FIRST));
        table.remove(SECOND, "a");
        table.put(SECOND, "b", 2);
        table.settle(Verdict::Forget(SECOND));
        assert_eq!(table.get(SECOND, &"a"), Some(&1));
        assert_eq!(table.get(SECOND, &"b"), None);
        assert_eq!(table.rows.len(), 1);
    }

    #[test]
    fn versions_that_nobody_can_see_are_dropped() {
        let mut table = Table::default();
        table.put(FIRST, "a", 1);
        table.settle(keep(FIRST));
        table.put(SECOND, "a", 2);
        table.settle(keep(SECOND));
        assert_eq!(table.rows["a"].0.len(), 1);
        table.remove(THIRD, "a");
        table.settle(keep(THIRD));
        assert!(table.rows.is_empty());
    }

    #[test]
    fn versions_that_a_pin_needs_stay_until_it_goes() {
        let mut table = Table::default();
        table.put(FIRST, "a", 1);
        table.settle(keep(FIRST));
        table.remove(SECOND, "a");
        table.settle(Verdict::Keep {
            oldest: FIRST,
            moved: false,
        });
        assert_eq!(table.get(FIRST, &"a"), Some(&1));
        assert_eq!(table.get(SECOND, &"a"), None);
        table.settle(keep(THIRD));
        assert!(table.rows.is_empty() && table.held.is_empty());
    }
}
