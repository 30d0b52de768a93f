//! Clients as an administrator sees them; a file for each verb.

mod administer;
mod create;
mod delete;
mod registration;
mod secrets;
mod update;

pub use administer::AdministerClients;
pub(crate) use administer::find_client;
pub(crate) use create::random_client_id;
pub use create::{CreatedClient, NewClient};
pub use registration::{ClientRegistration, Usability};
pub use secrets::{CreatedSecret, NewSecret, SuppliedSecret};
