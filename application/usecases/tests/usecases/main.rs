//! Use cases on the memory store, with real cryptography, a still clock and counting
//! randomness: no mocks of ports.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it needs and stops by panicking"
)]

mod admin;
mod authorization_requests;
mod client_authentication;
mod client_credentials;
mod codes;
mod consent;
mod desk;
mod factors;
mod first_run;
mod front_channel;
mod house;
mod introspection;
mod key_maintenance;
mod limits;
mod mail;
mod password_grant;
mod passwords;
mod prompts;
mod recovery;
mod refresh;
mod remembered;
mod restore;
mod revocation;
mod sessions;
mod setup;
mod sign_in;
mod sign_out;
mod token_endpoint;
mod upkeep;
mod userinfo;
