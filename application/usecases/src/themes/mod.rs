//! Themes: how a realm's pages and mails look, and who changes that.

mod administer;
mod stored;

pub use administer::{AdministerThemes, StoredTheme};
pub(crate) use stored::theme_of;
