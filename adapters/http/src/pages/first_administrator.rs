//! The form behind the one-time link of the first administrator, and its success.
//!
//! The same pages let an administrator back in, in words of their own: the link names whom, so
//! the username is shown and cannot be changed.
//!
//! Looking at the form spends nothing: mail scanners and previews open links too.

use askama::Template;

use gatelodge_usecases::passwords::PasswordRefused;

use super::messages::Text;
use super::{Frame, Page, PageKind, assets};

/// What was wrong with the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstAdministratorProblem {
    /// The username cannot be used.
    Username,
    /// The password is not taken.
    Password(PasswordRefused),
    /// The form is too old.
    Expired,
}

/// What the link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupKind {
    /// To make the first administrator.
    FirstAdministrator,
    /// To let the administrator back in whom it names.
    Recovery,
}

/// The form. It posts `token`, `username`, `display_name` (may be empty) and `password`.
#[derive(Clone, Debug, Template)]
#[template(path = "first_administrator.html")]
pub struct FirstAdministratorPage {
    /// The surroundings.
    pub frame: Frame,
    /// What the link is for.
    pub kind: SetupKind,
    /// Where the form posts to.
    pub action: String,
    /// The secret of the link.
    pub token: String,
    /// What to prefill, or whom the link names.
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
    fn is_recovery(&self) -> bool {
        self.kind == SetupKind::Recovery
    }

    fn title(&self) -> Text {
        match self.kind {
            SetupKind::FirstAdministrator => self.frame.texts.first_admin_title,
            SetupKind::Recovery => self.frame.texts.recovery_title,
        }
    }

    fn button(&self) -> Text {
        match self.kind {
            SetupKind::FirstAdministrator => self.frame.texts.first_admin_button,
            SetupKind::Recovery => self.frame.texts.recovery_button,
        }
    }

    fn focus_password(&self) -> bool {
        self.is_recovery() || self.password_problem().is_some()
    }

    fn form_problem(&self) -> Option<Text> {
        (self.problem == Some(FirstAdministratorProblem::Expired))
            .then_some(self.frame.texts.first_admin_expired)
    }

    fn username_problem(&self) -> Option<Text> {
        (self.problem == Some(FirstAdministratorProblem::Username))
            .then_some(self.frame.texts.first_admin_username_bad)
    }

    fn password_problem(&self) -> Option<String> {
        match self.problem? {
            FirstAdministratorProblem::Password(refused) => {
                Some(self.frame.texts.refused_password(refused))
            }
            FirstAdministratorProblem::Username | FirstAdministratorProblem::Expired => None,
        }
    }
}

/// Says that the administrator is made, or let back in.
#[derive(Clone, Debug, Template)]
#[template(path = "first_administrator_done.html")]
pub struct FirstAdministratorDonePage {
    /// The surroundings.
    pub frame: Frame,
    /// What the link was for.
    pub kind: SetupKind,
    /// Who it was.
    pub username: String,
    /// Where the API documents are.
    pub docs: String,
}

impl Page for FirstAdministratorDonePage {
    const KIND: PageKind = PageKind::FirstAdministratorDone;
}

impl FirstAdministratorDonePage {
    fn title(&self) -> Text {
        match self.kind {
            SetupKind::FirstAdministrator => self.frame.texts.first_admin_done_title,
            SetupKind::Recovery => self.frame.texts.recovery_done_title,
        }
    }

    fn lead(&self) -> Text {
        match self.kind {
            SetupKind::FirstAdministrator => self.frame.texts.first_admin_done_lead,
            SetupKind::Recovery => self.frame.texts.recovery_done_lead,
        }
    }
}
