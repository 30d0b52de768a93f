//! The endpoints for clients over the memory store, without a socket.

mod client_errors;
mod cors;
mod documents;
mod house;
mod openapi;
mod userinfo;
