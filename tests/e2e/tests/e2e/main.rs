//! Flows through the real binary: each module is a story about one part of the product.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot go on must say where it stopped"
)]

mod administration;
mod audit;
mod backup;
mod bad_input;
#[cfg(feature = "machine-tests")]
mod behind_caddy;
#[cfg(feature = "machine-tests")]
mod behind_nginx;
#[cfg(feature = "machine-tests")]
mod behind_traefik;
mod clients_and_keys;
mod code_flow;
mod cors;
mod doctor;
mod every_operation;
mod factors;
mod first_start;
mod goldens;
mod lodge;
mod machine_clients;
mod mail;
mod metrics;
#[cfg(feature = "postgres-tests")]
mod migrate_storage;
mod operations;
mod own_files;
mod parity;
mod people;
mod permits;
#[cfg(feature = "postgres-tests")]
mod postgres;
mod profile;
#[cfg(feature = "machine-tests")]
mod prometheus;
#[cfg(feature = "machine-tests")]
mod proxied;
mod realms;
mod refresh;
mod revocation;
mod rights;
mod security_page;
mod sign_in;
mod sign_out;
mod slowed;
mod story;
mod themes;
mod tls;
mod traces;
mod trail;
mod wizard;
