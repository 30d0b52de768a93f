//! What makes access tokens void before their `exp`, and how that is asked and done.

mod administer;
mod horizon;
mod revoke;
mod set;

pub use administer::{AdministerRevocations, Doomed, Ended};
pub(crate) use horizon::{LONGEST_ACCESS_TOKEN, WATERMARKS_KEPT};
pub use revoke::RevocationEndpoint;
pub use set::RevocationSet;
