//! Scopes as a realm defines them: what the consent page says, and what a subject must hold.

mod administer;
mod built_in;

pub use administer::{AdministerScopes, NewScope, ScopeUpdate};
pub(crate) use built_in::built_in_scopes;
