//! The person's own page: who they are, where they are signed in, and how to end it.

use askama::Template;

use super::messages::Text;
use super::{Frame, Page, PageKind, assets};

/// Whether a session is the one that looks at the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionPlace {
    /// This browser's own.
    Here,
    /// Another browser's.
    Elsewhere,
}

/// A session in the list.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its `sid`, posted as `session`.
    pub id: String,
    /// A short name of browser and system.
    pub device: String,
    /// The network address it was begun from; may be empty.
    pub address: String,
    /// When it began, as people write it.
    pub started: String,
    /// When it was last used, as people write it.
    pub last_seen: String,
    /// Whether it is this one.
    pub place: SessionPlace,
}

impl SessionRow {
    pub(super) fn is_here(&self) -> bool {
        self.place == SessionPlace::Here
    }
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct AccountPerson {
    /// Their display name, or their username.
    pub name: String,
    /// Their username.
    pub username: String,
    /// Their sessions, this browser's first.
    pub sessions: Vec<SessionRow>,
}

/// The outcome of the last post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountNotice {
    /// A session was ended.
    Ended,
    /// The form's token was too old or not of this browser.
    Expired,
}

/// The account page. Its forms post `csrf`, and for one session `session`.
#[derive(Clone, Debug, Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    /// The surroundings.
    pub frame: Frame,
    /// Who is signed in, if anybody is.
    pub person: Option<AccountPerson>,
    /// Where to sign in.
    pub sign_in: String,
    /// Where this browser's sign-out posts to.
    pub sign_out_action: String,
    /// Where password and second factors are looked after.
    pub security: String,
    /// Where the mail address is looked after.
    pub email: String,
    /// Where what is kept of the person is shown, if anything is.
    pub profile: Option<String>,
    /// Where "end session" posts to.
    pub end_action: String,
    /// Where "sign out everywhere" posts to.
    pub everywhere_action: String,
    /// The token against forged posts; empty when nobody is signed in.
    pub csrf: String,
    /// The outcome of the last post.
    pub notice: Option<AccountNotice>,
}

impl Page for AccountPage {
    const KIND: PageKind = PageKind::Account;
}

impl AccountPage {
    fn notice_text(&self) -> Option<&Text> {
        Some(match self.notice? {
            AccountNotice::Ended => &self.frame.texts.account_done,
            AccountNotice::Expired => &self.frame.texts.account_expired,
        })
    }

    fn notice_class(&self) -> &'static str {
        if self.notice == Some(AccountNotice::Expired) {
            "alert"
        } else {
            "notice"
        }
    }

    fn notice_role(&self) -> &'static str {
        if self.notice == Some(AccountNotice::Expired) {
            "alert"
        } else {
            "status"
        }
    }
}
