//! What makes access tokens void before their `exp`, and how that is asked and done.

mod revoke;
mod set;

pub use revoke::RevocationEndpoint;
pub use set::RevocationSet;
