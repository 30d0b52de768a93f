//! APIs as an administrator sees them: the resource servers that tokens are for.

mod administer;
mod built_in;

pub(crate) use administer::must_exist;
pub use administer::{AdministerApis, ApiUpdate, NewApi};
