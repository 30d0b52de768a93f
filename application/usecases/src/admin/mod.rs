//! The admin plane: who calls, what they may do, and the permit that each use case asks for.
//!
//! Permission is an argument. A use case takes a [`Permit`], which only
//! [`Administrators::authorize`] makes; being an administrator alone opens nothing. Local
//! commands and jobs are callers too.

mod api;
mod authorize;
mod caller;
mod permission;
mod permit;
mod refusal;
mod work;

pub use api::AdminApi;
pub use authorize::Administrators;
pub use caller::{Administrator, Caller};
pub use permission::{
    AuditRead, ClientsRead, ClientsWrite, GrantsRead, GrantsWrite, KeysRead, KeysWrite,
    PERMISSIONS, RealmsRead, RealmsWrite, Right, RolesRead, RolesWrite, SessionsRead,
    SessionsWrite, UsersRead, UsersWrite,
};
pub use permit::{HousePermit, Permit};
pub use refusal::{AdminError, Refusal};
pub(crate) use work::Work;
