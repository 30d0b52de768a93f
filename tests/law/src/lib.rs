//! The law of the house, as tests: who may depend on whom, and what every file owes its reader.
//!
//! Cargo keeps the inner rooms from naming the outer ones only as long as nobody adds the
//! dependency; these tests fail when somebody does. The law itself stands in
//! `docs/adr/0001-rooms-and-the-law.md`.

pub mod documents;
pub mod repository;
pub mod rooms;
