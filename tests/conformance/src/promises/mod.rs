//! What every store promises, a module per port.

pub mod clients;
pub mod keys;
pub mod realms;
pub mod units;
pub mod users;
