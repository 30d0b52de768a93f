//! The reference store: everything in memory, gone with the process. It is what the ports mean
//! in the fewest words, what use cases are tested on, and an engine that can be served.
//!
//! **How it is made.** Every slice is a handful of ordered maps ([`table::Table`]): its rows,
//! and beside them indexes that are maps like any other. A map keeps *versions* of each value,
//! stamped with the commit that wrote them. The one writer whose turn it is stamps with the
//! number after the last commit; readers look at or below the last commit, so what is being
//! written is invisible without being copied or hidden, and commit is counting that number up.
//! Each map remembers which keys the writer touched: that list is the undo log of a unit that
//! is dropped, and the pruning list of one that commits. A consistent view pins the number it
//! began at, and pruning stops short of the oldest pin.
//!
//! **Why so.** One lock around the maps, held for one verb at a time and never across an
//! await, gives verbs that are atomic, and units that cannot be cut in half by a caller that
//! goes away. Writers take turns in the order in which they came, so there is no deadlock to
//! detect and nothing to lock row by row. Nothing here copies a map.

mod audit;
mod catalogue;
mod changes;
mod clients;
mod consents;
mod data_keys;
mod documents;
mod factors;
mod families;
mod grants;
mod groups;
mod index;
mod jobs;
mod keys;
mod outbox;
mod realms;
mod revocations;
mod roles;
mod sessions;
mod state;
mod store;
mod subject_keys;
mod system;
mod table;
mod throttles;
mod tickets;
mod users;
mod view;

pub use store::MemoryStore;
