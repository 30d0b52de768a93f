//! A realm's theme as pages wear it: a small style sheet that sets the tokens of
//! `assets/gatelodge.css` again. It is served as a file, because pages bear no inline style.

use std::fmt::Write as _;

use gatelodge_domain::theme::{Colours, Corners, Scheme, Token};
use gatelodge_domain::{Digest, Theme};

/// A realm's style sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The rules.
    pub css: String,
    /// Which content it is, for URLs and entity tags.
    pub version: String,
}

impl Sheet {
    /// The sheet of a theme; none for the built-in look.
    pub fn of(theme: &Theme) -> Option<Self> {
        let mut css = corners(theme.corners).to_owned();
        let tokens: Vec<Token> = Token::ALL
            .iter()
            .copied()
            .filter(|token| {
                let own = |scheme| theme.colours.is_own(scheme, *token);
                Scheme::ALL.into_iter().any(own)
            })
            .collect();
        if !tokens.is_empty() {
            // This sheet comes after the built-in one, so that what it says of light holds in
            // the dark too, unless it says otherwise there: both schemes name the same tokens.
            let light = rules(&theme.colours, Scheme::Light, &tokens);
            let dark = rules(&theme.colours, Scheme::Dark, &tokens);
            let _ = write!(
                css,
                ":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
            );
            if tokens.contains(&Token::Line) || tokens.contains(&Token::InkSoft) {
                css.push_str(
                    "@media (prefers-contrast:more){:root{--line:var(--edge);\
                     --ink-soft:var(--ink)}}\n",
                );
            }
        }
        (!css.is_empty()).then(|| Self {
            version: version(css.as_bytes()),
            css,
        })
    }
}

/// The version of a file in URLs and entity tags: the first 16 hexadecimal digits of its
/// SHA-256, because what is hashed is not ours.
pub fn version(bytes: &[u8]) -> String {
    let digest = Digest::sha256(bytes);
    let mut text = String::with_capacity(16);
    for byte in &digest.as_bytes()[..8] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

const fn corners(corners: Corners) -> &'static str {
    match corners {
        Corners::Soft => "",
        Corners::Sharp => ":root{--radius:0px;--radius-house:0px;--radius-small:0px}\n",
        Corners::Round => ":root{--radius:1.4375rem;--radius-house:1.5rem;--radius-small:.5rem}\n",
    }
}

fn rules(colours: &Colours, scheme: Scheme, tokens: &[Token]) -> String {
    let mut rules = String::new();
    for token in tokens {
        let name = token.as_str().replace('_', "-");
        let colour = colours.of(scheme, *token);
        let _ = write!(rules, "--{name}:{colour};");
    }
    if tokens.contains(&Token::Accent) {
        // The house's own mark stands in the realm's colour.
        let accent = colours.of(scheme, Token::Accent);
        for part in ["wall", "roof", "gate"] {
            let _ = write!(rules, "--mark-{part}:{accent};");
        }
    }
    rules.truncate(rules.trim_end_matches(';').len());
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatelodge_domain::theme::{Colour, Palette};

    const SHEET: &str = include_str!("../../assets/gatelodge.css");

    fn accent(light: &str) -> Theme {
        let palette = Palette::from([(Token::Accent, Colour::parse(light).unwrap())]);
        Theme {
            colours: Colours::new(palette, Palette::new()).unwrap(),
            ..Theme::default()
        }
    }

    #[test]
    fn the_built_in_colours_are_those_of_the_stylesheet() {
        let (light, dark) = SHEET
            .split_once("@media (prefers-color-scheme: dark)")
            .unwrap();
        let built_in = Colours::default();
        for (scheme, text) in [(Scheme::Light, light), (Scheme::Dark, dark)] {
            for token in Token::ALL.iter().copied() {
                let name = token.as_str().replace('_', "-");
                let colour = built_in.of(scheme, token);
                let rule = format!(" --{name}: {colour};");
                assert!(text.contains(&rule), "{scheme:?}: {rule}");
            }
        }
    }

    #[test]
    fn a_theme_sets_only_tokens_that_the_stylesheet_knows() {
        let theme = Theme {
            corners: Corners::Round,
            ..accent("#b00020")
        };
        let own = Sheet::of(&theme).unwrap();
        let parts = own.css.split(['{', ';']);
        for (token, _) in parts.filter_map(|part| part.split_once(':')) {
            if token.starts_with("--") {
                assert!(SHEET.contains(&format!("\n  {token}:")), "{token}");
            }
        }
        assert!(own.css.contains("--accent:#b00020") && own.css.contains("--mark-roof:#b00020"));
        assert_eq!(own.version.len(), 16);
        assert_ne!(
            Sheet::of(&accent("#0b57d0")).unwrap().version,
            Sheet::of(&accent("#0b57d1")).unwrap().version
        );
    }

    #[test]
    fn what_is_set_of_light_does_not_reach_the_dark() {
        let css = Sheet::of(&accent("#0b57d0")).unwrap().css;
        let (light, dark) = css.split_once("@media").unwrap();
        let built_in = Colours::default();
        for token in [Token::Accent, Token::Link, Token::Focus] {
            let name = token.as_str();
            assert!(light.contains(&format!("--{name}:#0b57d0")), "{css}");
            let night = built_in.of(Scheme::Dark, token);
            assert!(dark.contains(&format!("--{name}:{night}")), "{css}");
        }
        assert!(!css.contains("--ink:"), "what is not changed is not said");
    }

    #[test]
    fn those_who_ask_for_more_contrast_get_it_from_a_theme_too() {
        let soft = Palette::from([(Token::InkSoft, Colour::parse("#444444").unwrap())]);
        let theme = Theme {
            colours: Colours::new(soft, Palette::new()).unwrap(),
            ..Theme::default()
        };
        let css = Sheet::of(&theme).unwrap().css;
        let (own, more) = css.split_once("@media (prefers-contrast:more)").unwrap();
        assert!(own.contains("--ink-soft:#444444") && more.contains("--ink-soft:var(--ink)"));
    }

    #[test]
    fn the_built_in_look_needs_no_sheet() {
        assert_eq!(Sheet::of(&Theme::default()), None);
    }
}
