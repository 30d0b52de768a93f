//! The form behind the one-time link of the first administrator, and its success.
//!
//! Looking at the form spends nothing: mail scanners and previews open links too.

use askama::Template;

use super::messages::Text;
use super::{Frame, Page, PageKind, assets};

/// What was wrong with the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstAdministratorProblem {
    /// The username cannot be used.
    Username,
    /// The password has fewer than 8 characters.
    PasswordShort,
    /// The password has more than 256 characters.
    PasswordLong,
    /// The form is too old.
    Expired,
}

/// The form. It posts `token`, `username`, `display_name` (may be empty) and `password`.
#[derive(Clone, Debug, Template)]
#[template(path = "first_administrator.html")]
pub struct FirstAdministratorPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// The secret of the link.
    pub token: String,
    /// What to prefill.
    pub username: String,
    /// What to prefill.
    pub display_name: String,
    /// What was wrong with the last try.
    pub problem: Option<FirstAdministratorProblem>,
}

impl Page for FirstAdministratorPage {
    const KIND: PageKind = PageKind::FirstAdministrator;
}

impl FirstAdministratorPage {
    fn focus_password(&self) -> bool {
        self.password_problem().is_some()
    }

    fn form_problem(&self) -> Option<Text> {
        (self.problem == Some(FirstAdministratorProblem::Expired))
            .then_some(self.frame.texts.first_admin_expired)
    }

    fn username_problem(&self) -> Option<Text> {
        (self.problem == Some(FirstAdministratorProblem::Username))
            .then_some(self.frame.texts.first_admin_username_bad)
    }

    fn password_problem(&self) -> Option<Text> {
        match self.problem? {
            FirstAdministratorProblem::PasswordShort => {
                Some(self.frame.texts.first_admin_password_short)
            }
            FirstAdministratorProblem::PasswordLong => {
                Some(self.frame.texts.first_admin_password_long)
            }
            FirstAdministratorProblem::Username | FirstAdministratorProblem::Expired => None,
        }
    }
}

/// Says that the administrator is made.
#[derive(Clone, Debug, Template)]
#[template(path = "first_administrator_done.html")]
pub struct FirstAdministratorDonePage {
    /// The surroundings.
    pub frame: Frame,
    /// Who was made.
    pub username: String,
    /// Where the API documents are.
    pub docs: String,
}

impl Page for FirstAdministratorDonePage {
    const KIND: PageKind = PageKind::FirstAdministratorDone;
}
