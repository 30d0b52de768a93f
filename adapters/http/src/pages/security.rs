//! The page on which a person looks after their password, their second factors and their
//! sessions.

use askama::Template;
use gatelodge_usecases::passwords::PasswordRefused;

use super::messages::Text;
use super::{Frame, Page, PageKind, SessionRow, assets};

/// Whether a factor is asked for first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorPlace {
    /// It is.
    First,
    /// Another is.
    Further,
}

/// A factor in the list.
#[derive(Clone, Debug)]
pub struct FactorRow {
    /// Its row id, posted as `factor`.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added, as people write it.
    pub added: String,
    /// When it was last used, as people write it; may be empty.
    pub used: String,
    /// Whether it is asked for first.
    pub place: FactorPlace,
}

impl FactorRow {
    fn is_first(&self) -> bool {
        self.place == FactorPlace::First
    }
}

/// Whether second factors can be changed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changing {
    /// They can.
    Open,
    /// They can, but no more can be added.
    Full,
    /// The sign-in is too old.
    Closed,
}

/// The outcome of the last post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityNotice {
    /// It was done.
    Done,
    /// A session was ended.
    SessionEnded,
    /// The password was changed.
    PasswordChanged,
    /// A factor was enrolled.
    Added,
    /// The form's token was too old or not of this browser.
    Expired,
    /// The present password is another one.
    CurrentWrong,
    /// The new password is not taken.
    Refused(PasswordRefused),
    /// Too many wrong passwords.
    TooManyTries,
    /// Too much to do.
    Busy,
    /// The sign-in is too old for this.
    SignInAgain,
}

/// The page. Its forms post `csrf`, and `current` and `password`, or `factor` (and `name`), or
/// `session`.
#[derive(Clone, Debug, Template)]
#[template(path = "security.html")]
pub struct SecurityPage {
    /// The surroundings.
    pub frame: Frame,
    /// Who looks.
    pub username: String,
    /// Their factors, in the order in which they are asked for.
    pub factors: Vec<FactorRow>,
    /// How many recovery codes are left.
    pub codes_left: usize,
    /// Whether second factors can be changed now.
    pub changing: Changing,
    /// Their sessions, this browser's first.
    pub sessions: Vec<SessionRow>,
    /// Where the password is changed.
    pub password_action: String,
    /// Where a factor is renamed.
    pub rename_action: String,
    /// Where a factor is asked for first.
    pub first_action: String,
    /// Where a factor is removed.
    pub remove_action: String,
    /// Where recovery codes are made.
    pub codes_action: String,
    /// Where another factor is set up.
    pub add: String,
    /// Where to sign in again.
    pub sign_in_again: String,
    /// Where "end session" posts to.
    pub end_action: String,
    /// Where "sign out everywhere" posts to.
    pub everywhere_action: String,
    /// The account page.
    pub account: String,
    /// What the forms of sessions say to come back here.
    pub back: &'static str,
    /// The token against forged posts.
    pub csrf: String,
    /// The outcome of the last post.
    pub notice: Option<SecurityNotice>,
}

impl Page for SecurityPage {
    const KIND: PageKind = PageKind::Security;
}

impl SecurityPage {
    fn may_change(&self) -> bool {
        self.changing != Changing::Closed
    }

    fn may_add(&self) -> bool {
        self.changing == Changing::Open
    }

    fn is_problem(&self) -> bool {
        !matches!(
            self.notice,
            None | Some(
                SecurityNotice::Done
                    | SecurityNotice::SessionEnded
                    | SecurityNotice::PasswordChanged
                    | SecurityNotice::Added
            )
        )
    }

    fn notice_text(&self) -> Option<&Text> {
        let texts = &self.frame.texts;
        Some(match self.notice? {
            SecurityNotice::Done => &texts.security_done,
            SecurityNotice::SessionEnded => &texts.account_done,
            SecurityNotice::PasswordChanged => &texts.security_password_changed,
            SecurityNotice::Added => &texts.security_added_notice,
            SecurityNotice::Expired => &texts.account_expired,
            SecurityNotice::TooManyTries => &texts.factor_too_many,
            SecurityNotice::Busy => &texts.sign_in_busy,
            SecurityNotice::SignInAgain => &texts.security_again_lead,
            SecurityNotice::CurrentWrong | SecurityNotice::Refused(_) => return None,
        })
    }

    fn notice_class(&self) -> &'static str {
        if self.is_problem() { "alert" } else { "notice" }
    }

    fn notice_role(&self) -> &'static str {
        if self.is_problem() { "alert" } else { "status" }
    }

    fn current_problem(&self) -> Option<&Text> {
        (self.notice == Some(SecurityNotice::CurrentWrong))
            .then_some(&self.frame.texts.security_current_wrong)
    }

    fn password_problem(&self) -> Option<String> {
        match self.notice? {
            SecurityNotice::Refused(refused) => Some(self.frame.texts.refused_password(refused)),
            _ => None,
        }
    }
}
