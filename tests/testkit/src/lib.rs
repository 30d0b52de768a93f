//! What end-to-end tests need: the real binary on free ports with a folder of its own, an HTTP
//! client that follows nothing by itself, a browser that fills in forms, and a relying party
//! that walks the code flow.
//!
//! Failures here are failures of the test, so this crate panics where a test would.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on must say where it stopped"
)]

pub mod administrator;
pub mod browser;
pub mod client;
pub mod end;
pub mod form;
pub mod postgres;
pub mod relying_party;
pub mod server;
pub mod token;

pub use administrator::Administrator;
pub use browser::Browser;
pub use client::{Answer, Http, NoAnswer};
pub use end::End;
pub use form::Form;
pub use relying_party::RelyingParty;
pub use server::{Server, binary, free_port};
pub use token::Jwt;
