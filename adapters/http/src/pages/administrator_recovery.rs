//! The form behind a one-time link that lets an administrator back in, and its success. The link
//! names whom, so the username is shown and cannot be changed.

use askama::Template;
use gatelodge_usecases::passwords::PasswordRefused;

use super::{Frame, Page, PageKind, assets};

/// The form. It posts `token` and `password`.
#[derive(Clone, Debug, Template)]
#[template(path = "administrator_recovery.html")]
pub struct AdministratorRecoveryPage {
    /// The surroundings.
    pub frame: Frame,
    /// Where the form posts to.
    pub action: String,
    /// The secret of the link.
    pub token: String,
    /// Whom the link names.
    pub username: String,
    /// Why the password of the last try is not taken.
    pub refused: Option<PasswordRefused>,
}

impl Page for AdministratorRecoveryPage {
    const KIND: PageKind = PageKind::Setup;
}

impl AdministratorRecoveryPage {
    fn password_problem(&self) -> Option<String> {
        self.refused
            .map(|refused| self.frame.texts.refused_password(refused))
    }
}

/// Says that the administrator is let back in.
#[derive(Clone, Debug, Template)]
#[template(path = "administrator_recovered.html")]
pub struct AdministratorRecoveredPage {
    /// The surroundings.
    pub frame: Frame,
    /// Who it was.
    pub username: String,
    /// Where the API documents are.
    pub docs: String,
}

impl Page for AdministratorRecoveredPage {
    const KIND: PageKind = PageKind::SetupDone;
}
