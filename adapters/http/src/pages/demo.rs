//! The demo's relying party, all of it in the browser (`assets/demo.js`).

use askama::Template;

use super::{Frame, Page, PageKind, assets};

/// The page at `{issuer}/demo`, which is its own redirect URI.
#[derive(Clone, Debug, Template)]
#[template(path = "demo.html")]
pub struct DemoPage {
    /// The surroundings.
    pub frame: Frame,
    /// The issuer whose discovery document is read.
    pub issuer: String,
    /// A public client that may use code and refresh from this page.
    pub client_id: String,
    /// The URL of this page, registered as redirect and as post-logout redirect URI.
    pub redirect_uri: String,
    /// What to ask for, separated by spaces.
    pub scope: String,
}

impl Page for DemoPage {
    const KIND: PageKind = PageKind::Demo;
}
