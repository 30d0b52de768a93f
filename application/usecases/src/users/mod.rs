//! People as an administrator sees them; a file for each verb.

mod administer;
mod create;
mod delete;
mod last_administrator;
mod password;
mod roles;
mod update;

pub use administer::AdministerUsers;
pub use create::NewUser;
pub use update::{AccountStatus, UserUpdate};
