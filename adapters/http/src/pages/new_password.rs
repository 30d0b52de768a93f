//! The page on which a person chooses another password before they go on.

use askama::Template;
use gatelodge_usecases::passwords::PasswordRefused;

use super::messages::Text;
use super::{ClientView, Frame, Page, PageKind, assets};

/// What was wrong with the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPasswordProblem {
    /// The realm does not take it.
    Refused(PasswordRefused),
    /// Nothing was sent.
    Missing,
    /// The form's token is too old or not of this browser.
    Expired,
    /// Too much to do.
    Busy,
}

/// The page. The form posts `password`, `request`, `next` and `csrf`.
#[derive(Clone, Debug, Template)]
#[template(path = "new_password.html")]
pub struct NewPasswordPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// Who chooses.
    pub user: String,
    /// The client that waits, if one does.
    pub client: Option<ClientView>,
    /// The sealed pending request; may be empty.
    pub request: String,
    /// Where to go on without one; may be empty.
    pub next: String,
    /// The token against forged posts.
    pub csrf: String,
    /// What was wrong with the last try.
    pub problem: Option<NewPasswordProblem>,
}

impl Page for NewPasswordPage {
    const KIND: PageKind = PageKind::NewPassword;
}

impl NewPasswordPage {
    fn form_problem(&self) -> Option<&Text> {
        match self.problem? {
            NewPasswordProblem::Expired => Some(&self.frame.texts.new_password_expired),
            NewPasswordProblem::Busy => Some(&self.frame.texts.sign_in_busy),
            NewPasswordProblem::Refused(_) | NewPasswordProblem::Missing => None,
        }
    }

    fn password_problem(&self) -> Option<String> {
        let texts = &self.frame.texts;
        match self.problem? {
            NewPasswordProblem::Refused(refused) => Some(texts.refused_password(refused)),
            NewPasswordProblem::Missing => Some(texts.new_password_missing.to_string()),
            NewPasswordProblem::Expired | NewPasswordProblem::Busy => None,
        }
    }
}
