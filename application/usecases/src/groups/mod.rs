//! Groups as an administrator sees them: made, changed, and who is in them.

mod administer;
mod create;
mod delete;
mod membership;
mod update;

pub use administer::AdministerGroups;
pub(crate) use administer::{find_group, no_group};
pub use create::NewGroup;
pub(crate) use membership::membership;
