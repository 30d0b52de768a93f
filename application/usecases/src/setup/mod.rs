//! Making a store ready to serve, and the way in for its first administrator.
//!
//! The order at start: open the vault ([`OpenVault`]), build the foundation, initialize the
//! store ([`InitializeStore`]), supply the keys for access tokens, offer the first
//! administrator's link ([`FirstAdministrator`]). Each step finds what the last start left and
//! changes nothing that is there already.

mod answers;
mod built_in;
mod demo;
mod first_administrator;
mod first_client;
mod initialize;
mod let_in;
mod one_time_link;
mod people;
mod permissions;
mod recover;
mod set_up;
mod standing;
mod upgrade;
mod vault;

pub use answers::{Objection, Question, RefusedAnswer, TestMail, TypedAnswers};
pub use built_in::{ADMIN_API, ADMINISTRATOR_ROLE, DOCS_CLIENT, LODGE_CLIENT, LODGE_REDIRECT};
pub use demo::{DemoClient, DemoData, DemoFacts, DemoPerson, DemoSecretClient};
pub use first_administrator::{FirstAdministrator, Prefilled};
pub use first_client::ClientKind;
pub use initialize::{
    ADMIN_URL, BuiltInRealms, InitializeStore, IssuerPolicy, PUBLIC_URL, SetupError, stored_issuers,
};
pub use one_time_link::{LINK_LIFETIME, LinkPurpose};
pub use permissions::admin_scopes;
pub use recover::Recover;
pub use set_up::SetUpError;
pub use standing::{SetUp, Unread};
pub use vault::{MASTER_KEY_CHECK, OpenVault, OpenVaultError, OpenedDataKey, is_new, seal_key};
