//! The admin plane.

mod access;
mod audit;
mod clients;
mod factors;
mod mail;
mod import;
mod keys;
mod permits;
mod plane;
mod realms;
mod revocations;
mod trail;
mod users;

pub(crate) use factors::factor_of;
