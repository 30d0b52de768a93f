//! What makes access tokens void before their `exp`, and how that is asked and done.

mod set;

pub use set::RevocationSet;
