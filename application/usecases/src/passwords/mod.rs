//! Passwords: what a realm takes as one, and the one road by which a person gets a new one.
//!
//! Whoever sets a password goes through [`SetPassword`]: it asks the [`PasswordRules`], hashes
//! outside of any unit, and writes the credential, the history, the end of the other sessions
//! and the event together. What is left to the ways in is who may: an administrator by a permit,
//! the owner by the present password ([`ChangePassword`]), whoever holds a one-time link
//! ([`ResetPassword`]).

mod change;
mod reset;
mod rules;
mod set;

pub use change::{ChangePassword, ChangePasswordError, TypedPasswords};
pub use reset::ResetPassword;
pub use rules::{PasswordError, PasswordRefused, PasswordRules, Whose};
pub use set::{NewPassword, PreparedPassword, SetPassword};

pub(crate) use set::{NewHash, end_all_but, password_cost};
