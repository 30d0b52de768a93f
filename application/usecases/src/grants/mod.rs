//! Authorizations and what dies with what.
//!
//! Ending a grant ends its codes, its refresh families and its access tokens. Ending a session
//! ends its tokens and its families without `offline_access`. Both are parts of a unit of work
//! that its caller commits; the announcements are applied after that.

mod administer;
mod end;

pub use administer::AdministerGrants;
pub use end::{end_grant, end_session};
