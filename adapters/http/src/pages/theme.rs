//! A realm's own look: an accent colour, a corner style and a logo.
//!
//! A realm gives one colour and never a style sheet: what it gives is validated here, and the
//! shades that pages need are computed, so that text stays legible on any colour and in both
//! light and dark (WCAG 2.2 §1.4.3 and §1.4.11). The result sets the tokens of
//! `assets/gatelodge.css` again, and is served as a file, because pages bear no inline style.

use std::fmt;

use super::assets::fnv1a;

/// The surfaces of `gatelodge.css` that colours must stand out from.
const LIGHT_SURFACE: Colour = Colour(0xff, 0xfe, 0xfb);
const DARK_SURFACE: Colour = Colour(0x17, 0x1e, 0x1a);
const BLACK: Colour = Colour(0, 0, 0);
const WHITE: Colour = Colour(0xff, 0xff, 0xff);
/// WCAG 2.2 §1.4.3, for text.
const LEGIBLE: f64 = 4.5;

/// A theme value that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidTheme {
    /// A colour is `#` and six hexadecimal digits.
    Colour,
    /// A logo is a path on this origin, or a `data:` URL of a PNG, JPEG, WebP or SVG image in
    /// base64, at most 16 KiB long.
    Logo,
}

impl fmt::Display for InvalidTheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Colour => "a colour is # and six hexadecimal digits",
            Self::Logo => "a logo is a path on this origin, or a data URL of an image up to 16 KiB",
        })
    }
}

impl std::error::Error for InvalidTheme {}

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(u8, u8, u8);

impl Colour {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Result<Self, InvalidTheme> {
        let digits = text.strip_prefix('#').ok_or(InvalidTheme::Colour)?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidTheme::Colour);
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| InvalidTheme::Colour)?;
        let [_, red, green, blue] = value.to_be_bytes();
        Ok(Self(red, green, blue))
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2, definition).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast ratio, 1 to 21 (WCAG 2.2, definition).
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        a.max(b) / a.min(b)
    }

    /// This colour moved towards another by so many twentieths.
    fn towards(self, other: Self, twentieths: u16) -> Self {
        let mix = |from: u8, to: u8| {
            let sum = u16::from(from) * (20 - twentieths) + u16::from(to) * twentieths;
            u8::try_from(sum / 20).unwrap_or(u8::MAX)
        };
        Self(
            mix(self.0, other.0),
            mix(self.1, other.1),
            mix(self.2, other.2),
        )
    }

    /// The nearest shade of this colour, on the way to `end`, that can be read on `surface`.
    fn legible_on(self, surface: Self, end: Self) -> Self {
        let shades = (0..=20).map(|step| self.towards(end, step));
        shades
            .into_iter()
            .find(|shade| shade.contrast(surface) >= LEGIBLE)
            .unwrap_or(end)
    }

    /// Black or white, whichever reads better on this colour.
    fn text(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) {
            WHITE
        } else {
            BLACK
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// How round things are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Corners {
    /// Square.
    Sharp,
    /// As built in.
    #[default]
    Soft,
    /// Very round.
    Round,
}

/// A logo that may stand in `src`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo(String);

impl Logo {
    /// Reads a path on this origin, or a `data:` URL of an image.
    pub fn parse(text: &str) -> Result<Self, InvalidTheme> {
        const IMAGES: [&str; 4] = ["png", "jpeg", "webp", "svg+xml"];
        let path = text.starts_with('/') && !text.starts_with("//") && !text.starts_with("/\\");
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let data = text
            .strip_prefix("data:image/")
            .and_then(|rest| rest.split_once(";base64,"));
        let image = data.is_some_and(|(kind, _)| IMAGES.contains(&kind));
        if plain && text.len() <= 16 * 1024 && (path || image) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTheme::Logo)
        }
    }

    /// The URL, for [`super::Frame::logo`].
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a realm may change about the look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// The colour of buttons, links and focus.
    pub accent: Option<Colour>,
    /// How round things are.
    pub corners: Corners,
}

impl Theme {
    /// The theme as a style sheet; empty for the built-in look.
    pub fn stylesheet(&self) -> String {
        let corners = match self.corners {
            Corners::Soft => "",
            Corners::Sharp => ":root{--radius:0;--radius-house:0;--radius-small:0}\n",
            Corners::Round => {
                ":root{--radius:1.4375rem;--radius-house:1.5rem;--radius-small:.5rem}\n"
            }
        };
        let Some(accent) = self.accent else {
            return corners.to_owned();
        };
        let day = tokens(accent.legible_on(LIGHT_SURFACE, BLACK), BLACK);
        let night = tokens(accent.legible_on(DARK_SURFACE, WHITE), WHITE);
        format!(
            "{corners}:root{{{day}}}\n\
             @media (prefers-color-scheme:dark){{:root{{{night}}}}}\n"
        )
    }

    /// The version of the sheet in URLs: 16 hexadecimal digits of its content.
    pub fn version(&self) -> String {
        format!("{:016x}", fnv1a(self.stylesheet().as_bytes()))
    }

    /// The value of `Cache-Control` for a request whose query had this `v`.
    pub fn cache_control(&self, version: Option<&str>) -> &'static str {
        super::assets::cache_control(&self.version(), version)
    }
}

/// The tokens that follow from one colour, its hover shade a step towards `end`.
fn tokens(shade: Colour, end: Colour) -> String {
    let text = shade.text();
    let strong = shade.towards(end, 4);
    // A hover shade must not lose the text that stands on it.
    let strong = if strong.contrast(text) >= LEGIBLE {
        strong
    } else {
        shade
    };
    format!(
        "--accent:{shade};--accent-strong:{strong};--on-accent:{text};--link:{shade};\
         --focus:{shade};--mark-wall:{shade};--mark-roof:{shade};--mark-gate:{shade}"
    )
}

#[cfg(test)]
mod tests {
    use super::{
        BLACK, Colour, Corners, DARK_SURFACE, InvalidTheme, LEGIBLE, LIGHT_SURFACE, Logo, Theme,
        WHITE,
    };

    #[test]
    fn only_a_plain_colour_is_a_colour() {
        assert_eq!(Colour::parse("#1D4f3d"), Ok(Colour(0x1d, 0x4f, 0x3d)));
        for hostile in [
            "red",
            "#fff",
            "#12345g",
            "#+12345",
            "#1d4f3d}",
            "#€€",
            "",
            "#1d4f3d;--x:url(//e)",
        ] {
            assert_eq!(
                Colour::parse(hostile),
                Err(InvalidTheme::Colour),
                "{hostile}"
            );
        }
    }

    #[test]
    fn contrast_is_measured_as_wcag_says() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.001);
        // The best known grey that just passes on white.
        assert!((Colour(0x76, 0x76, 0x76).contrast(WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn any_accent_can_be_read_in_light_and_dark() {
        for accent in [
            "#ffff00", "#000000", "#ffffff", "#808080", "#ff0066", "#3366ff", "#171e1a",
        ] {
            let accent = Colour::parse(accent).unwrap();
            for (surface, end) in [(LIGHT_SURFACE, BLACK), (DARK_SURFACE, WHITE)] {
                let shade = accent.legible_on(surface, end);
                assert!(shade.contrast(surface) >= LEGIBLE, "{accent} on {surface}");
                assert!(shade.text().contrast(shade) >= LEGIBLE, "text on {accent}");
            }
        }
    }

    #[test]
    fn the_surfaces_are_those_of_the_stylesheet() {
        let sheet = include_str!("../../assets/gatelodge.css");
        assert!(sheet.contains(&format!("--surface: {LIGHT_SURFACE};")));
        assert!(sheet.contains(&format!("--surface: {DARK_SURFACE};")));
    }

    #[test]
    fn the_built_in_colours_can_be_read_in_light_and_dark() {
        let sheet = include_str!("../../assets/gatelodge.css");
        let (light, dark) = sheet.split_once("(prefers-color-scheme: dark)").unwrap();
        for scheme in [light, dark] {
            let colour = |token: &str| {
                let at = format!(" --{token}: ");
                let value = scheme.split_once(&at).unwrap().1.split(';').next().unwrap();
                Colour::parse(value).unwrap()
            };
            for (text, behind) in [
                ("ink", "surface"),
                ("ink", "ground"),
                ("ink", "danger-wash"),
                ("ink", "good-wash"),
                ("ink-soft", "surface"),
                ("ink-soft", "ground"),
                ("danger", "surface"),
                ("link", "surface"),
                ("on-accent", "accent"),
                ("on-accent", "accent-strong"),
            ] {
                let contrast = colour(text).contrast(colour(behind));
                assert!(contrast >= LEGIBLE, "{text} on {behind}: {contrast}");
            }
            // What is not text: WCAG 2.2 §1.4.11.
            for edge in ["edge", "focus", "danger"] {
                let contrast = colour(edge).contrast(colour("surface"));
                assert!(contrast >= 3.0, "{edge}: {contrast}");
            }
        }
    }

    #[test]
    fn a_theme_sets_only_tokens_that_the_stylesheet_knows() {
        let theme = Theme {
            accent: Some(Colour(0xff, 0, 0x66)),
            corners: Corners::Round,
        };
        let sheet = include_str!("../../assets/gatelodge.css");
        let own = theme.stylesheet();
        for token in own
            .split(['{', ';'])
            .filter_map(|part| part.split_once(':'))
        {
            if token.0.starts_with("--") {
                assert!(sheet.contains(&format!("\n  {}:", token.0)), "{}", token.0);
            }
        }
        assert!(own.contains("--accent:") && own.contains("prefers-color-scheme:dark"));
        assert_eq!(Theme::default().stylesheet(), "");
        assert_ne!(theme.version(), Theme::default().version());
    }

    #[test]
    fn a_logo_comes_from_here_or_from_the_page_itself() {
        assert!(Logo::parse("/branding/logo.svg").is_ok());
        assert!(Logo::parse("data:image/png;base64,iVBORw0KGgo=").is_ok());
        let long = format!("data:image/png;base64,{}", "A".repeat(16 * 1024));
        for hostile in [
            "//evil.example/a.png",
            "/\\evil.example",
            "https://evil.example/a.png",
            "javascript:alert(1)",
            "data:text/html;base64,PGI+",
            "/a b",
            &long,
        ] {
            assert_eq!(Logo::parse(hostile), Err(InvalidTheme::Logo), "{hostile}");
        }
    }
}
