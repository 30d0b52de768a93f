//! One object for all the halves: a view of the latest commit, of a pinned one, or a unit.

use core::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::{Id, Realm};
use gatelodge_ports::store::{Listed, Lock, Locks};
use gatelodge_ports::{Snapshot, StoreError, UnitOfWork};

use crate::state::{State, Tables};
use crate::store::Shared;
use crate::table::Moment;

/// Says at which moment a view looks.
pub(crate) trait Stand: Send + Sync {
    /// That moment, or why there is none any more.
    fn moment(&self, state: &State) -> Result<Moment, StoreError>;
}

/// Looks at whatever was committed last.
pub(crate) struct Latest;

/// Looks at one moment throughout.
pub(crate) struct Pinned {
    moment: Moment,
    shared: Arc<Shared>,
}

/// Looks at its own writes over what was committed last, and may write. Dropping it rolls
/// back.
pub(crate) struct Turn {
    turn: u64,
    shared: Arc<Shared>,
}

impl Stand for Latest {
    fn moment(&self, state: &State) -> Result<Moment, StoreError> {
        Ok(state.committed())
    }
}

impl Stand for Pinned {
    fn moment(&self, _state: &State) -> Result<Moment, StoreError> {
        Ok(self.moment)
    }
}

impl Stand for Turn {
    fn moment(&self, state: &State) -> Result<Moment, StoreError> {
        state.moment_of(self.turn)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.shared.state.write().unpin(self.moment);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.shared.state.write().abandon(self.turn);
    }
}

/// The object that the ports are implemented on.
pub(crate) struct View<S> {
    shared: Arc<Shared>,
    stand: S,
}

impl View<Latest> {
    pub(crate) fn latest(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            stand: Latest,
        }
    }
}

impl View<Pinned> {
    pub(crate) fn pinned(shared: Arc<Shared>) -> Self {
        let moment = shared.state.write().pin();
        Self {
            stand: Pinned {
                moment,
                shared: Arc::clone(&shared),
            },
            shared,
        }
    }
}

impl View<Turn> {
    pub(crate) fn unit(shared: Arc<Shared>, turn: u64) -> Self {
        Self {
            stand: Turn {
                turn,
                shared: Arc::clone(&shared),
            },
            shared,
        }
    }

    /// Reads and writes in one step.
    pub(crate) fn change<T>(
        &self,
        step: impl FnOnce(&mut Tables, Moment) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut state = self.shared.state.write();
        let moment = self.stand.moment(&state)?;
        step(&mut state.tables, moment)
    }

    /// Whether events can be sealed.
    pub(crate) fn can_seal(&self) -> bool {
        self.shared.state.read().seal_key.is_some()
    }
}

impl<S: Stand> View<S> {
    /// Reads in one step.
    pub(crate) fn look<T>(&self, step: impl FnOnce(&Tables, Moment) -> T) -> Result<T, StoreError> {
        let state = self.shared.state.read();
        let moment = self.stand.moment(&state)?;
        Ok(step(&state.tables, moment))
    }
}

impl<S: Stand> Snapshot for View<S> {}

#[async_trait]
impl UnitOfWork for View<Turn> {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let announced = {
            let mut state = self.shared.state.write();
            let announced = state.tables.changes.has_pending();
            state.commit(self.stand.turn)?;
            announced
        };
        if announced {
            self.shared.changed.notify_waiters();
        }
        Ok(())
    }
}

#[async_trait]
impl Locks for View<Turn> {
    // Units take turns, so holding the turn is holding every row.
    async fn lock(&mut self, lock: Lock) -> Result<bool, StoreError> {
        self.look(|tables, at| match lock {
            Lock::Realm(id) => tables.realms.rows.contains(at, &id),
            Lock::User(realm, id) => tables.users.rows.contains(at, &(realm, id)),
            Lock::Client(realm, id) => tables.clients.rows.contains(at, &(realm, id)),
        })
    }
}

/// A range of keys that begin with a realm.
pub(crate) type KeyRange<T> = (Bound<(Id<Realm>, Id<T>)>, Bound<(Id<Realm>, Id<T>)>);

/// The keys of a realm's rows, those after one of them where given.
pub(crate) fn rows_of<T>(realm: Id<Realm>, after: Option<Id<T>>) -> KeyRange<T> {
    let from = match after {
        Some(id) => Bound::Excluded((realm, id)),
        None => Bound::Included((realm, Id::from_u128(0))),
    };
    (from, Bound::Included((realm, Id::from_u128(u128::MAX))))
}

/// The page that those rows begin with.
pub(crate) fn page_of<'rows, T: Clone + 'rows>(
    rows: impl Iterator<Item = &'rows T>,
    limit: u16,
) -> Listed<T> {
    let mut items: Vec<T> = rows.take(usize::from(limit) + 1).cloned().collect();
    let more = items.len() > usize::from(limit);
    items.truncate(usize::from(limit));
    Listed { items, more }
}
