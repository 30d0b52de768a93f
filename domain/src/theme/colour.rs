//! Colours, and how well one can be read on another (WCAG 2.2).

use core::fmt;

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// Why a text is not a [`Colour`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is # and six hexadecimal digits, as #1d4f3d")]
pub struct InvalidColour;

/// A contrast ratio in hundredths, from 100 to 2,100; never rounded up, so that what looks
/// sufficient is (WCAG 2.2, definition of contrast ratio).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contrast(u16);

impl Contrast {
    /// What text needs (WCAG 2.2 §1.4.3, level AA).
    pub const TEXT: Self = Self(450);
    /// What edges and focus marks need (WCAG 2.2 §1.4.11).
    pub const SHAPE: Self = Self(300);
}

impl fmt::Display for Contrast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}:1", self.0 / 100, self.0 % 100)
    }
}

impl Colour {
    /// `#000000`
    pub const BLACK: Self = Self::new(0, 0, 0);
    /// `#ffffff`
    pub const WHITE: Self = Self::new(0xff, 0xff, 0xff);

    /// From its parts.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Result<Self, InvalidColour> {
        let digits = text.strip_prefix('#').ok_or(InvalidColour)?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidColour);
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| InvalidColour)?;
        let [_, red, green, blue] = value.to_be_bytes();
        Ok(Self::new(red, green, blue))
    }

    /// How well one is told from the other; the order does not matter.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ratio of two luminances from 0.05 to 1.05 is small and positive"
    )]
    pub fn contrast(self, other: Self) -> Contrast {
        let (one, other) = (self.luminance() + 0.05, other.luminance() + 0.05);
        // A hair is added because 21 times 100 may come out as 2,099.999….
        let hundredths = one.max(other) / one.min(other) * 100.0 + 1e-6;
        Contrast(hundredths.floor() as u16)
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
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// This colour moved towards another by so many twentieths.
    pub(super) fn towards(self, other: Self, twentieths: u16) -> Self {
        let mix = |from: u8, to: u8| {
            let sum = u16::from(from) * (20 - twentieths) + u16::from(to) * twentieths;
            u8::try_from(sum / 20).unwrap_or(u8::MAX)
        };
        Self::new(
            mix(self.red, other.red),
            mix(self.green, other.green),
            mix(self.blue, other.blue),
        )
    }

    /// Black or white, whichever reads better on this colour.
    pub(super) fn text(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_colour_is_a_colour() {
        assert_eq!(Colour::parse("#1D4f3d"), Ok(Colour::new(0x1d, 0x4f, 0x3d)));
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
            assert_eq!(Colour::parse(hostile), Err(InvalidColour), "{hostile}");
        }
    }

    #[test]
    fn contrast_is_measured_as_wcag_says() {
        for (one, other, ratio) in [
            // The definition's two ends.
            ("#000000", "#ffffff", "21.00:1"),
            ("#ffffff", "#ffffff", "1.00:1"),
            // The greys of WebAIM's and the W3C's examples: the first passes, the second fails.
            ("#767676", "#ffffff", "4.54:1"),
            ("#777777", "#ffffff", "4.47:1"),
            ("#949494", "#ffffff", "3.03:1"),
            // Pure colours on white.
            ("#ff0000", "#ffffff", "3.99:1"),
            ("#0000ff", "#ffffff", "8.59:1"),
            ("#008000", "#ffffff", "5.13:1"),
            ("#ffff00", "#000000", "19.55:1"),
        ] {
            let (one, other) = (Colour::parse(one).unwrap(), Colour::parse(other).unwrap());
            assert_eq!(one.contrast(other).to_string(), ratio, "{one} on {other}");
            assert_eq!(one.contrast(other), other.contrast(one));
        }
    }

    #[test]
    fn a_ratio_is_never_rounded_up_to_what_is_needed() {
        let grey = Colour::parse("#777777").unwrap();
        assert!(
            grey.contrast(Colour::WHITE) < Contrast::TEXT,
            "4.478 is not 4.5"
        );
        let red = Colour::parse("#ff0000").unwrap();
        assert_eq!(red.contrast(Colour::WHITE).to_string(), "3.99:1");
    }
}
