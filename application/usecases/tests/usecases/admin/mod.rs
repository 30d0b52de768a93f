//! The admin plane.

mod audit;
mod clients;
mod permits;
mod plane;
mod realms;
mod users;
