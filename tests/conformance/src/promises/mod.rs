//! What every store promises, a module per port.

pub mod audit;
pub mod changes;
pub mod clients;
pub mod crowds;
pub mod decisions;
pub mod device_grant;
pub mod errands;
pub mod families;
pub mod grants;
pub mod keys;
pub mod passwords;
pub mod people;
pub mod realms;
pub mod revocations;
pub mod roles;
pub mod sessions;
pub mod texts;
pub mod tickets;
pub mod turns;
pub mod units;
pub mod unsealed;
pub mod users;
