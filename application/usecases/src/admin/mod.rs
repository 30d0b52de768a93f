//! The admin plane: who calls, what they may do, and the permit that each use case asks for.
//!
//! Permission is an argument. A use case takes a [`Permit`], which only
//! [`Administrators::authorize`] makes; being an administrator alone opens nothing. Local
//! commands and jobs are callers too.

mod api;
mod authorize;
mod built_in;
mod caller;
mod denial;
mod idempotency;
mod permission;
mod permit;
mod reach;
mod refusal;
mod work;

pub use api::AdminApi;
pub use authorize::Administrators;
pub(crate) use built_in::{built_in_first, changeable};
pub use caller::{Administrator, Caller};
pub use idempotency::{Answer, Begun, IdempotencyKey, IdempotentRequests, Reservation};
pub use permission::{
    AuditRead, ClientsRead, ClientsWrite, GrantsRead, GrantsWrite, GroupRight, GroupsRead,
    GroupsWrite, KeysRead, KeysWrite, PERMISSIONS, RealmsRead, RealmsWrite, Right, RolesRead,
    RolesWrite, ScopesRead, ScopesWrite, SessionsRead, SessionsWrite, ThemesRead, ThemesWrite,
    TokensWrite, UsersExportHashes, UsersRead, UsersWrite,
};
pub use permit::{HousePermit, Permit};
pub use reach::Reach;
pub(crate) use reach::without_reach;
pub use refusal::{AdminError, Refusal};
pub(crate) use work::Work;
