//! The ports, a file each under the port's own name. Reading halves serve snapshots and units,
//! writing halves units only; both serve either engine.

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
mod jobs;
mod keys;
mod locks;
mod outbox;
mod realms;
mod revocations;
mod roles;
mod search;
mod sessions;
mod statement;
mod subject_keys;
mod system;
mod throttles;
mod tickets;
mod users;

#[cfg(test)]
pub(crate) use statement::FEW;
