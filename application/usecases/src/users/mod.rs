//! People as an administrator sees them; a file for each verb.

mod administer;
mod attributes;
mod create;
mod credentials;
mod delete;
mod export;
mod import;
mod last_administrator;
mod own;
mod password;
mod roles;
mod schema;
mod update;

pub use administer::AdministerUsers;
pub use attributes::Misfit;
pub use create::NewUser;
pub use credentials::PasswordFacts;
pub use export::{Export, ExportParts, ExportedUser};
pub use import::{
    Effect, Import, ImportSummary, ImportedEmail, ImportedPassword, ImportedUser, LineOutcome,
    OnConflict,
};
pub(crate) use last_administrator::LastAdministrator;
pub use own::{OwnAttribute, OwnChange, OwnProfile, OwnProfileError};
pub use update::{AccountStatus, UserUpdate};
