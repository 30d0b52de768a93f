//! The endpoints for clients over the memory store, without a socket.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fixture that cannot be made is a failed test"
)]

mod admin;
mod client_errors;
mod cors;
mod docs;
mod documents;
mod first_run;
mod house;
mod methods;
mod openapi;
mod pages;
mod themes;
mod unserved;
mod userinfo;
