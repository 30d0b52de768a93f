//! A realm's logo: a small picture, whose type is read from its bytes.
//!
//! An SVG may hold scripts. They do not run where it is shown as an image; where somebody opens
//! it by itself, the policy that it is served with stops them. Neither is decided here.

use core::fmt;

use crate::Digest;

/// A picture that browsers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageType {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
    /// Scalable Vector Graphics.
    Svg,
}

impl ImageType {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Svg => "image/svg+xml",
        }
    }

    /// Whether programs that read mail show it.
    pub const fn is_shown_in_mail(self) -> bool {
        match self {
            Self::Png | Self::Jpeg => true,
            Self::Webp | Self::Svg => false,
        }
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
        const JPEG: &[u8] = b"\xff\xd8\xff";
        if bytes.starts_with(PNG) {
            Some(Self::Png)
        } else if bytes.starts_with(JPEG) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            is_svg(core::str::from_utf8(bytes).ok()?).then_some(Self::Svg)
        }
    }
}

/// A picture of at most [`Logo::LARGEST`] bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    kind: ImageType,
    bytes: Vec<u8>,
}

/// Why bytes are not a [`Logo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLogo {
    /// Too many bytes.
    #[error("a logo has at most 49152 bytes (48 KiB)")]
    TooLarge,
    /// Not one of the types.
    #[error("a logo is a PNG, JPEG, WebP or SVG picture; its bytes are none of them")]
    UnknownType,
    /// An SVG with entities, which can be made to unfold without end.
    #[error("an SVG logo has no entity declarations")]
    Entities,
}

impl Logo {
    /// The most bytes of a logo: pages are small, and so is what they load.
    pub const LARGEST: usize = 48 * 1024;

    /// Takes a picture; its bytes say of which type.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, InvalidLogo> {
        if bytes.len() > Self::LARGEST {
            return Err(InvalidLogo::TooLarge);
        }
        let kind = ImageType::of(&bytes).ok_or(InvalidLogo::UnknownType)?;
        let declares = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
        if kind == ImageType::Svg && declares(b"<!ENTITY") {
            return Err(InvalidLogo::Entities);
        }
        Ok(Self { kind, bytes })
    }

    /// Its type.
    pub const fn kind(&self) -> ImageType {
        self.kind
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.bytes)
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// Whether the first element is `svg`, after whatever XML allows before it.
fn is_svg(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let (open, close) = if rest.starts_with("<?") {
            ("<?", "?>")
        } else if rest.starts_with("<!--") {
            ("<!--", "-->")
        } else if rest.starts_with("<!DOCTYPE") {
            ("<!DOCTYPE", ">")
        } else {
            break;
        };
        let Some((_, after)) = rest[open.len()..].split_once(close) else {
            return false;
        };
        rest = after.trim_start();
    }
    rest.strip_prefix("<svg")
        .and_then(|rest| rest.chars().next())
        .is_some_and(|next| next.is_ascii_whitespace() || next == '>' || next == '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(bytes: &[u8]) -> Result<ImageType, InvalidLogo> {
        Logo::parse(bytes.to_vec()).map(|logo| logo.kind())
    }

    #[test]
    fn the_type_is_read_from_the_bytes() {
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Ok(ImageType::Png));
        assert_eq!(kind(b"\xff\xd8\xff\xe0\0\x10JFIF"), Ok(ImageType::Jpeg));
        assert_eq!(kind(b"RIFF\x10\0\0\0WEBPVP8 "), Ok(ImageType::Webp));
        for svg in [
            "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            "\u{feff}<?xml version=\"1.0\"?>\n<!-- by hand -->\n<svg><g/></svg>",
            "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x\">\n<svg\n></svg>",
        ] {
            assert_eq!(kind(svg.as_bytes()), Ok(ImageType::Svg), "{svg}");
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for bytes in [
            &b""[..],
            b"GIF89a",
            b"RIFF\x10\0\0\0WAVE",
            b"<html><body>hello</body></html>",
            b"<!doctype html><svg>",
            b"<script>alert(1)</script><svg>",
            b"<svgs/>",
            b"<!-- <svg> ",
            b"\xff\xfe<\0s\0v\0g\0",
            b"%PDF-1.7",
        ] {
            assert_eq!(kind(bytes), Err(InvalidLogo::UnknownType), "{bytes:?}");
        }
    }

    #[test]
    fn an_svg_that_unfolds_is_refused() {
        let laughs = "<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY a \"ha\">]><svg>&a;</svg>";
        assert!(kind(laughs.as_bytes()).is_err());
        let late = "<svg/><!-- --><!ENTITY a \"ha\">";
        assert_eq!(kind(late.as_bytes()), Err(InvalidLogo::Entities));
    }

    #[test]
    fn a_logo_has_a_largest_size() {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.resize(Logo::LARGEST, 0);
        assert_eq!(kind(&bytes), Ok(ImageType::Png));
        bytes.push(0);
        assert_eq!(kind(&bytes), Err(InvalidLogo::TooLarge));
    }
}
