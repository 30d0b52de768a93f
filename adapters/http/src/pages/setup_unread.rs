//! The first run is done, but the store did not answer when it was to be read back. The link is
//! spent and a secret that was made is known nowhere else, so this page tells it.

use askama::Template;

use super::{Frame, Page, PageKind, assets};

/// Says that all is stored, what is known nowhere else, and how to look.
#[derive(Clone, Template)]
#[template(path = "setup_unread.html")]
pub struct SetupUnreadPage {
    /// The surroundings.
    pub frame: Frame,
    /// The issuer of `system`.
    pub admin_url: String,
    /// The first client's identifier; empty where none was asked for.
    pub client_id: String,
    /// Shown this once; empty where there is none to show.
    pub client_secret: String,
    /// Names the failure in the log.
    pub reference: String,
}

impl Page for SetupUnreadPage {
    const KIND: PageKind = PageKind::SetupDone;
}
