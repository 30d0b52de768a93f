//! The prompt for another password, where somebody else knows the present one or wants it
//! changed.

use gatelodge_domain::user::PasswordChange;

use super::{Check, Page, Prompt};
use crate::{Denial, ErrorCode};

pub(super) struct NewPassword;

impl Prompt for NewPassword {
    fn page(&self) -> Page {
        Page::NewPassword
    }

    fn checks(&self) -> &'static [Check] {
        &CHECKS
    }
}

static CHECKS: [Check; 1] = [Check {
    applies: |situation| {
        situation
            .signed_in
            .is_some_and(|me| me.user.password_change == PasswordChange::Required)
    },
    denial: Denial::new(
        ErrorCode::InteractionRequired,
        "the person must choose another password",
    ),
}];
