//! Permissions as a realm describes them. A permission is a name in roles and works there
//! without a description; describing it says what it is for and which API asks for it.

mod administer;
mod built_in;

pub use administer::{AdministerPermissions, NewPermission, PermissionUpdate};
