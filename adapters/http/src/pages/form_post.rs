//! A response on its way to the client by form (OAuth 2.0 Form Post Response Mode §2).
//!
//! The form is posted by an embedded script, and by a button where script is off.

use askama::Template;

use super::{Frame, Page, PageKind, assets};

/// A parameter of the response.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The page that posts itself.
#[derive(Clone, Debug, Template)]
#[template(path = "form_post.html")]
pub struct FormPostPage {
    /// The surroundings.
    pub frame: Frame,
    /// The registered redirect URI.
    pub action: String,
    /// The client's name.
    pub client: String,
    /// The parameters, in order.
    pub pairs: Vec<Pair>,
}

impl Page for FormPostPage {
    const KIND: PageKind = PageKind::FormPost;
}
