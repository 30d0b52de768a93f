//! Signing a person in: one password try at a time, and the browser sign-in that follows.
//!
//! Whatever is wrong with a try — no such name, another password, an account that may not sign
//! in — has one answer, one price (one hash job) and one duration (a floor), so that nobody
//! learns from it which accounts exist.

mod administer;
mod familiar;
mod floor;
mod password;
mod start_session;
pub(crate) mod throttle;

pub use administer::{AdministerThrottles, ShownThrottle, ThrottlesOf};
pub use familiar::FamiliarBrowsers;
pub use password::{PasswordAttempt, PasswordCheck, Proven, SignInError};
pub use start_session::{NewSession, StartSession};
pub use throttle::LinkTries;

pub(crate) use floor::{imported_cost, imported_cost_fact};
pub(crate) use start_session::session_digest;
