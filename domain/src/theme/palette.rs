//! The colours of pages and mails, by what each is for, in a light and a dark scheme.
//!
//! A realm sets some of them; the others follow from its accent or are the built-in ones. What
//! is in effect in the end must be readable: [`Colours::new`] looks at every pair that meets on
//! a page, and refuses with the pair and its ratio.

use std::collections::BTreeMap;

use super::{Colour, Contrast};

macro_rules! tokens {
    ($($(#[doc = $doc:literal])+ $token:ident = $name:literal, $light:literal, $dark:literal;)+) => {
        /// What a colour is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Token { $($(#[doc = $doc])+ $token,)+ }

        impl Token {
            /// Every token.
            pub const ALL: &'static [Self] = &[$(Self::$token,)+];

            /// Its name in the API and in storage.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$token => $name,)+ }
            }

            /// One sentence about it.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$token => concat!($($doc),+),)+ }
            }

            const fn built_in(self, scheme: Scheme) -> Colour {
                let value: u32 = match (self, scheme) {
                    $(
                        (Self::$token, Scheme::Light) => $light,
                        (Self::$token, Scheme::Dark) => $dark,
                    )+
                };
                let [_, red, green, blue] = value.to_be_bytes();
                Colour::new(red, green, blue)
            }
        }
    };
}

tokens! {
    /// Behind the page.
    Ground = "ground", 0x00f3_f1ea, 0x000e_1311;
    /// Behind the text.
    Surface = "surface", 0x00ff_fefb, 0x0017_1e1a;
    /// Text.
    Ink = "ink", 0x001a_211d, 0x00ed_f0ea;
    /// Text of less weight.
    InkSoft = "ink_soft", 0x0056_605a, 0x00a6_b0a8;
    /// Lines that only decorate.
    Line = "line", 0x00dd_dad0, 0x002c_3530;
    /// Edges of fields and quiet buttons.
    Edge = "edge", 0x0085_8c83, 0x0077_827a;
    /// The main button.
    Accent = "accent", 0x001d_4f3d, 0x00ef_b95a;
    /// The main button under the pointer.
    AccentStrong = "accent_strong", 0x0014_3b2d, 0x00f7_cd82;
    /// Text on the main button.
    OnAccent = "on_accent", 0x00ff_ffff, 0x001f_1503;
    /// Links.
    Link = "link", 0x001d_4f3d, 0x00ef_c272;
    /// The mark around what has the focus.
    Focus = "focus", 0x001d_4f3d, 0x00ef_b95a;
    /// What is wrong.
    Danger = "danger", 0x00a0_281d, 0x00ff_9c8c;
    /// Behind a message of what is wrong.
    DangerWash = "danger_wash", 0x00fb_eeea, 0x0034_201c;
    /// Behind a message that all is well.
    GoodWash = "good_wash", 0x00e9_f1ea, 0x001b_2c22;
}

impl Token {
    /// The token of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|token| token.as_str() == name)
    }
}

/// What people's systems are set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Where a shade goes that shall stand out more.
    const fn end(self) -> Colour {
        match self {
            Self::Light => Colour::BLACK,
            Self::Dark => Colour::WHITE,
        }
    }
}

/// What a realm sets of one scheme.
pub type Palette = BTreeMap<Token, Colour>;

/// What meets on a page: which token is seen on which, and what it needs.
const PAIRS: &[(Token, Token, Contrast)] = &[
    (Token::Ink, Token::Surface, Contrast::TEXT),
    (Token::Ink, Token::Ground, Contrast::TEXT),
    (Token::Ink, Token::DangerWash, Contrast::TEXT),
    (Token::Ink, Token::GoodWash, Contrast::TEXT),
    (Token::InkSoft, Token::Surface, Contrast::TEXT),
    (Token::InkSoft, Token::Ground, Contrast::TEXT),
    (Token::Link, Token::Surface, Contrast::TEXT),
    (Token::Danger, Token::Surface, Contrast::TEXT),
    (Token::OnAccent, Token::Accent, Contrast::TEXT),
    (Token::OnAccent, Token::AccentStrong, Contrast::TEXT),
    (Token::Edge, Token::Surface, Contrast::SHAPE),
    (Token::Focus, Token::Surface, Contrast::SHAPE),
    (Token::Focus, Token::Ground, Contrast::SHAPE),
];

/// Two colours that are too much alike.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "in the {} scheme `{}` ({front}) on `{}` ({behind}) has a contrast of {ratio}, and needs {needed} (WCAG 2.2 AA)",
    scheme.as_str(), front_token.as_str(), behind_token.as_str()
)]
pub struct LowContrast {
    /// In which scheme.
    pub scheme: Scheme,
    /// What is seen.
    pub front_token: Token,
    /// Its colour in effect.
    pub front: Colour,
    /// What it is seen on.
    pub behind_token: Token,
    /// Its colour in effect.
    pub behind: Colour,
    /// What they have.
    pub ratio: Contrast,
    /// What they need.
    pub needed: Contrast,
    /// Which of the colours that the realm set is at fault.
    pub at_fault: Token,
}

/// A realm's colours, all of which can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Colours {
    light: Palette,
    dark: Palette,
}

impl Colours {
    /// Takes what a realm sets, unless something could not be read.
    pub fn new(light: Palette, dark: Palette) -> Result<Self, LowContrast> {
        let colours = Self { light, dark };
        let fault = colours.faults().next();
        fault.map_or(Ok(colours), Err)
    }

    /// Every pair that has too little contrast.
    fn faults(&self) -> impl Iterator<Item = LowContrast> + '_ {
        let pairs = Scheme::ALL
            .into_iter()
            .flat_map(|scheme| PAIRS.iter().map(move |pair| (scheme, *pair)));
        pairs.filter_map(|(scheme, (front_token, behind_token, needed))| {
            let front = self.of(scheme, front_token);
            let behind = self.of(scheme, behind_token);
            let ratio = front.contrast(behind);
            let set = self.set(scheme);
            let at_fault = [front_token, behind_token]
                .into_iter()
                .find(|token| set.contains_key(token))
                .unwrap_or(Token::Accent);
            (ratio < needed).then_some(LowContrast {
                scheme,
                front_token,
                front,
                behind_token,
                behind,
                ratio,
                needed,
                at_fault,
            })
        })
    }

    /// What the realm sets.
    pub const fn set(&self, scheme: Scheme) -> &Palette {
        match scheme {
            Scheme::Light => &self.light,
            Scheme::Dark => &self.dark,
        }
    }

    /// The colour in effect: the realm's own, or what follows from its accent, or the built-in.
    pub fn of(&self, scheme: Scheme, token: Token) -> Colour {
        let set = self.set(scheme);
        if let Some(own) = set.get(&token) {
            return *own;
        }
        match (token, set.get(&Token::Accent)) {
            (Token::Link | Token::Focus, Some(accent)) => *accent,
            (Token::OnAccent, Some(accent)) => accent.text(),
            (Token::AccentStrong, Some(accent)) => {
                let strong = accent.towards(scheme.end(), 4);
                let text = self.of(scheme, Token::OnAccent);
                // A shade under the pointer must not lose the text that stands on it.
                if strong.contrast(text) >= Contrast::TEXT {
                    strong
                } else {
                    *accent
                }
            }
            _ => token.built_in(scheme),
        }
    }

    /// Whether a colour differs from the built-in one.
    pub fn is_own(&self, scheme: Scheme, token: Token) -> bool {
        self.of(scheme, token) != token.built_in(scheme)
    }

    /// Whether the realm sets nothing.
    pub fn is_built_in(&self) -> bool {
        self.light.is_empty() && self.dark.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn palette<const N: usize>(colours: [(Token, &str); N]) -> Palette {
        let parsed = |(token, text): (Token, &str)| (token, Colour::parse(text).unwrap());
        colours.into_iter().map(parsed).collect()
    }

    #[test]
    fn the_built_in_colours_can_be_read() {
        assert_eq!(
            Colours::new(Palette::new(), Palette::new()),
            Ok(Colours::default())
        );
    }

    #[test]
    fn a_pair_that_cannot_be_read_is_named_with_its_ratio() {
        let grey = palette([(Token::InkSoft, "#aaaaaa"), (Token::Surface, "#ffffff")]);
        let refused = Colours::new(grey, Palette::new()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "in the light scheme `ink_soft` (#aaaaaa) on `surface` (#ffffff) has a contrast of \
             2.32:1, and needs 4.50:1 (WCAG 2.2 AA)"
        );
        assert_eq!(refused.at_fault, Token::InkSoft);
    }

    #[test]
    fn each_pair_guards_its_own_ratio() {
        for (front, behind, needed) in PAIRS.iter().copied() {
            for scheme in Scheme::ALL {
                // What is seen has the colour of what it is seen on.
                let behind_colour = Colours::default().of(scheme, behind);
                let same = Palette::from([(front, behind_colour)]);
                let colours = match scheme {
                    Scheme::Light => Colours {
                        light: same,
                        ..Colours::default()
                    },
                    Scheme::Dark => Colours {
                        dark: same,
                        ..Colours::default()
                    },
                };
                let fault = colours
                    .faults()
                    .find(|fault| (fault.front_token, fault.behind_token) == (front, behind));
                let fault = fault.unwrap_or_else(|| panic!("{front:?} on {behind:?}"));
                assert_eq!((fault.scheme, fault.needed), (scheme, needed));
                assert_eq!(fault.at_fault, front);
                assert!(Colours::new(colours.light, colours.dark).is_err());
            }
        }
    }

    #[test]
    fn edges_need_less_than_text() {
        // 3.03:1 on white: enough for an edge, not for text.
        let white = (Token::Surface, "#ffffff");
        let edge = palette([white, (Token::Edge, "#949494")]);
        assert!(Colours::new(edge, Palette::new()).is_ok());
        let text = palette([white, (Token::Ink, "#949494")]);
        assert!(Colours::new(text, Palette::new()).is_err());
    }

    #[test]
    fn what_follows_from_an_accent_goes_with_it() {
        let colours = Colours::new(
            palette([(Token::Accent, "#0b57d0")]),
            palette([(Token::Accent, "#a8c7fa")]),
        )
        .unwrap();
        let of = |scheme, token| colours.of(scheme, token).to_string();
        for token in [Token::Link, Token::Focus] {
            assert_eq!(of(Scheme::Light, token), "#0b57d0");
            assert_eq!(of(Scheme::Dark, token), "#a8c7fa");
        }
        assert_eq!(of(Scheme::Light, Token::OnAccent), "#ffffff");
        assert_eq!(of(Scheme::Dark, Token::OnAccent), "#000000");
        assert_ne!(of(Scheme::Light, Token::AccentStrong), "#0b57d0");
        assert_eq!(of(Scheme::Light, Token::Ink), "#1a211d");
        assert!(colours.is_own(Scheme::Light, Token::Link));
        assert!(!colours.is_own(Scheme::Light, Token::Ink));
    }

    #[test]
    fn an_accent_too_pale_for_its_links_is_refused_and_a_link_of_its_own_mends_it() {
        let pale = (Token::Accent, "#ffd400");
        let refused = Colours::new(palette([pale]), Palette::new()).unwrap_err();
        assert_eq!(refused.front_token, Token::Link);
        assert_eq!(refused.at_fault, Token::Accent, "the realm set that one");
        let mended = palette([pale, (Token::Link, "#6b5900"), (Token::Focus, "#6b5900")]);
        assert!(Colours::new(mended, Palette::new()).is_ok());
    }

    #[test]
    fn tokens_have_names_of_their_own() {
        for token in Token::ALL {
            assert_eq!(Token::parse(token.as_str()), Some(*token));
            assert!(token.about().trim().ends_with('.'), "{token:?}");
        }
        assert_eq!(Token::parse("shadow"), None);
    }
}
