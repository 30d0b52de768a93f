//! A realm's documents: texts that an administrator writes as a whole and a page or a mail
//! reads as a whole, such as the template of a mail in one language.
//!
//! One shape serves them all, so that the next kind of text needs no table.

use crate::{Id, Realm, Revision, Timestamp};

/// What a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// The texts of a mail; named `{template}/{language}`.
    MailTemplate,
    /// How a realm's pages and mails look; there is one, named `theme`.
    Theme,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::MailTemplate, Self::Theme];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MailTemplate => "mail_template",
            Self::Theme => "theme",
        }
    }

    /// The kind of that stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A text of a realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealmDocument {
    /// The realm.
    pub realm: Id<Realm>,
    /// What it is for.
    pub kind: DocumentKind,
    /// Which one of its kind.
    pub name: String,
    /// The text: JSON, in a form that belongs to whoever owns the kind.
    pub body: String,
    /// How often it was written.
    pub revision: Revision,
    /// When it was written last.
    pub updated_at: Timestamp,
}
