//! The sign-in page: `username` and `password` (OpenID Connect Core §3.1.2.3).

use askama::Template;

use super::messages::Text;
use super::{ClientView, Frame, Page, PageKind, assets};

/// Whether "stay signed in" is ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remember {
    /// It is.
    Yes,
    /// It is not.
    No,
}

impl Remember {
    fn is_checked(self) -> bool {
        self == Self::Yes
    }
}

/// What the person should know about their last try. None of it says whether an account exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// The one answer for unknown, wrong, disabled and locked.
    Wrong,
    /// Throttled.
    TooManyTries,
    /// The hashing pool is full.
    Busy,
    /// The form's tokens are too old or not of this browser.
    Expired,
    /// No username was sent.
    UsernameMissing,
    /// No password was sent.
    PasswordMissing,
}

/// The sign-in page. The form posts `username`, `password`, `remember=yes` if ticked, `request`,
/// `next` and `csrf`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// The client that waits, if one does.
    pub client: Option<ClientView>,
    /// What to prefill: the last try, or `login_hint`; may be empty.
    pub username: String,
    /// Whether the box is ticked.
    pub remember: Remember,
    /// The sealed pending request; may be empty.
    pub request: String,
    /// Where to go on without one; may be empty.
    pub next: String,
    /// Where to go for who forgot their password; empty where nothing can be done about it.
    pub forgot: String,
    /// The token against forged posts.
    pub csrf: String,
    /// What was wrong with the last try.
    pub problem: Option<SignInProblem>,
}

impl Page for SignInPage {
    const KIND: PageKind = PageKind::SignIn;
}

impl SignInPage {
    /// The cursor starts where something is to be typed.
    fn focus_username(&self) -> bool {
        self.username.is_empty() || self.problem == Some(SignInProblem::UsernameMissing)
    }

    fn form_problem(&self) -> Option<&Text> {
        let texts = &self.frame.texts;
        match self.problem? {
            SignInProblem::Wrong => Some(&texts.sign_in_wrong),
            SignInProblem::TooManyTries => Some(&texts.sign_in_too_many),
            SignInProblem::Busy => Some(&texts.sign_in_busy),
            SignInProblem::Expired => Some(&texts.sign_in_expired),
            SignInProblem::UsernameMissing | SignInProblem::PasswordMissing => None,
        }
    }

    fn username_problem(&self) -> Option<&Text> {
        (self.problem == Some(SignInProblem::UsernameMissing))
            .then_some(&self.frame.texts.sign_in_username_missing)
    }

    fn password_problem(&self) -> Option<&Text> {
        (self.problem == Some(SignInProblem::PasswordMissing))
            .then_some(&self.frame.texts.sign_in_password_missing)
    }

    /// The message that tells what is wrong with the username; a wrong pair is told at both.
    fn username_described_by(&self) -> Option<&'static str> {
        match self.problem? {
            SignInProblem::Wrong => Some("problem"),
            SignInProblem::UsernameMissing => Some("username-problem"),
            _ => None,
        }
    }

    fn password_described_by(&self) -> Option<&'static str> {
        match self.problem? {
            SignInProblem::Wrong => Some("problem"),
            SignInProblem::PasswordMissing => Some("password-problem"),
            _ => None,
        }
    }
}
