//! The kinds of second factor, a file each.

mod totp;

pub use totp::TotpFactor;
