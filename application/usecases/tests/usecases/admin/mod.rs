//! The admin plane.

mod access;
mod audit;
mod clients;
mod factors;
mod import;
mod import_rights;
mod keys;
mod mail;
mod permits;
mod plane;
mod realms;
mod revocations;
mod themes;
mod trail;
mod users;

pub(crate) use factors::factor_of;
