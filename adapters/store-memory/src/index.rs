//! Indexes that more than one slice needs. Like every table they know what was true when.

use core::ops::Bound;

use gatelodge_domain::{Id, Realm, Timestamp};

use crate::table::{Moment, Settle, Table, Verdict};

/// Which rows of a realm belong to what. `None` sorts before every row, which is where a
/// search begins.
pub(crate) struct Links<A, B>(Table<(Id<Realm>, A, Option<B>), ()>);

impl<A, B> Default for Links<A, B>
where
    A: Ord + Copy,
    B: Ord + Copy,
{
    fn default() -> Self {
        Self(Table::default())
    }
}

impl<A: Ord + Copy, B: Ord + Copy> Links<A, B> {
    /// Notes that a row belongs to something.
    pub(crate) fn put(&mut self, at: Moment, realm: Id<Realm>, owner: A, row: B) {
        self.0.put(at, (realm, owner, Some(row)), ());
    }

    /// Notes that it does not any more.
    pub(crate) fn remove(&mut self, at: Moment, realm: Id<Realm>, owner: A, row: B) {
        self.0.remove(at, (realm, owner, Some(row)));
    }

    /// Whether it does.
    pub(crate) fn contains(&self, at: Moment, realm: Id<Realm>, owner: A, row: B) -> bool {
        self.0.contains(at, &(realm, owner, Some(row)))
    }

    /// The rows that belong to something, in order.
    pub(crate) fn of(&self, at: Moment, realm: Id<Realm>, owner: A) -> impl Iterator<Item = B> {
        self.0
            .range(
                at,
                (Bound::Included((realm, owner, None)), Bound::Unbounded),
            )
            .take_while(move |((in_realm, of, _), ())| *in_realm == realm && *of == owner)
            .filter_map(|((_, _, row), ())| *row)
    }
}

impl<A: Ord + Copy, B: Ord + Copy> Settle for Links<A, B> {
    fn settle(&mut self, verdict: Verdict) {
        self.0.settle(verdict);
    }
}

/// When rows stop to stand for anything, so that clean-up need not look at those that do.
pub(crate) struct Deaths<K>(Table<(Timestamp, Option<K>), ()>);

impl<K: Ord + Copy> Default for Deaths<K> {
    fn default() -> Self {
        Self(Table::default())
    }
}

impl<K: Ord + Copy> Deaths<K> {
    /// Notes when a row dies.
    pub(crate) fn put(&mut self, at: Moment, death: Timestamp, row: K) {
        self.0.put(at, (death, Some(row)), ());
    }

    /// Forgets it.
    pub(crate) fn remove(&mut self, at: Moment, death: Timestamp, row: K) {
        self.0.remove(at, (death, Some(row)));
    }

    /// At most `limit` rows that died before then, the longest dead first.
    pub(crate) fn before(&self, at: Moment, then: Timestamp, limit: u16) -> Vec<K> {
        let dead = self.0.range(at, ..(then, None));
        dead.filter_map(|((_, row), ())| *row)
            .take(usize::from(limit))
            .collect()
    }
}

impl<K: Ord + Copy> Settle for Deaths<K> {
    fn settle(&mut self, verdict: Verdict) {
        self.0.settle(verdict);
    }
}
