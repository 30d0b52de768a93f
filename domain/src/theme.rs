//! A realm's theme: the name, logo, colours, links and words of its pages and mails.
//!
//! A realm gives colours, not style sheets, and texts, not markup: everything that reaches a
//! browser is made by us from values that can only be valid, and what cannot be read by people
//! is refused with the pair of colours at fault.

mod colour;
mod link;
mod logo;
mod palette;

pub use colour::{Colour, Contrast, InvalidColour};
pub use link::{HttpsLink, InvalidLink};
pub use logo::{ImageType, InvalidLogo, Logo};
pub use palette::{Colours, LowContrast, Palette, Scheme, Token};

use std::collections::BTreeMap;

use crate::DisplayName;

/// How round things are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Corners {
    /// Square.
    Sharp,
    /// As built in.
    #[default]
    Soft,
    /// Very round.
    Round,
}

impl Corners {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Sharp, Self::Soft, Self::Round];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sharp => "sharp",
            Self::Soft => "soft",
            Self::Round => "round",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|corners| corners.as_str() == name)
    }
}

/// Where people find what they may look for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThemeLinks {
    /// Help.
    pub support: Option<HttpsLink>,
    /// What becomes of people's data.
    pub privacy: Option<HttpsLink>,
    /// The terms of service.
    pub terms: Option<HttpsLink>,
}

/// Texts by language tag and key of the message catalogue. What they may say belongs to whoever
/// has the catalogue.
pub type ThemeTexts = BTreeMap<String, BTreeMap<String, String>>;

/// What a realm changes about how its pages and mails look and speak.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Theme {
    /// What people see in place of the realm's name.
    pub name: Option<DisplayName>,
    /// The language of those whose own is not spoken here.
    pub language: Option<String>,
    /// Colours of both schemes.
    pub colours: Colours,
    /// How round things are.
    pub corners: Corners,
    /// Links at the foot of pages.
    pub links: ThemeLinks,
    /// Words in place of the built-in ones.
    pub texts: ThemeTexts,
    /// The picture above the realm's name.
    pub logo: Option<Logo>,
}
