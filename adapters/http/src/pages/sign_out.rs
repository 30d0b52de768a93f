//! Signing out: the question, and the word after it (OpenID Connect RP-Initiated Logout §2, §3).

use askama::Template;

use super::{Frame, Link, Page, PageKind, assets};

/// Asks before a session ends. The form posts `request` and `csrf`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_out.html")]
pub struct SignOutPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// The name of the client that asks, if one does.
    pub client: Option<String>,
    /// Who is signed in, if known.
    pub user: Option<String>,
    /// Where "stay signed in" leads; no such link when empty.
    pub stay: String,
    /// The sealed logout request; may be empty.
    pub request: String,
    /// The token against forged posts.
    pub csrf: String,
}

impl Page for SignOutPage {
    const KIND: PageKind = PageKind::SignOut;
}

/// Says that the session has ended.
#[derive(Clone, Debug, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOutPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where to sign in again; no such link when empty.
    pub sign_in: String,
    /// Back to the client, its text being the client's name.
    pub back: Option<Link>,
}

impl Page for SignedOutPage {
    const KIND: PageKind = PageKind::SignedOut;
}
