//! Why a new password is not taken, in the words of the person's language. Every page with a
//! field for one says it at that field.

use gatelodge_usecases::passwords::PasswordRefused;

use super::messages::Texts;

impl Texts {
    /// What to say at the field.
    pub fn refused_password(&self, refused: PasswordRefused) -> String {
        match refused {
            PasswordRefused::TooShort { minimum } => self.password_too_short.with(minimum),
            PasswordRefused::TooLong => self.password_too_long.to_string(),
            PasswordRefused::Listed => self.password_listed.to_string(),
            PasswordRefused::Weak => self.password_weak.to_string(),
            PasswordRefused::UsedBefore => self.password_used.to_string(),
        }
    }
}
