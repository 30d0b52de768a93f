//! Browser sign-ins: whose this browser's is, and what a person may do with theirs.

mod administer;
mod csrf;
mod current;
mod limit;
mod own;
mod touches;

pub use administer::AdministerSessions;
pub use csrf::CsrfTokens;
pub use current::{CurrentSession, SignedIn};
pub(crate) use limit::Limit;
pub use own::OwnSessions;
pub use touches::{Touch, Touches};
