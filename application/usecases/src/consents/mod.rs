//! What is remembered of a person's yes to a client, and how it is taken back.

mod remember;
mod withdraw;

pub use withdraw::WithdrawConsent;

pub(crate) use remember::remembered;
