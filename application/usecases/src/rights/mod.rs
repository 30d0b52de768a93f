//! What somebody may do, and why: each permission with the roles, groups and inclusions that it
//! comes from.

mod explain;
mod read;

pub use explain::{EffectivePermission, Reason};
pub use read::{ReadRights, reasons_for};
