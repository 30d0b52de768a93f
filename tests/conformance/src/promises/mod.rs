//! What every store promises, a module per port.

pub mod clients;
pub mod families;
pub mod grants;
pub mod keys;
pub mod realms;
pub mod roles;
pub mod sessions;
pub mod units;
pub mod users;
