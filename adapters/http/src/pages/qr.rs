//! A text as a QR code (ISO/IEC 18004), drawn as one path of an inline SVG: no script, no image
//! that a policy would have to allow, sharp at any size.
//!
//! The ground is drawn light and the dots dark in either theme, because many readers know no
//! inverted codes.

use std::fmt::Write as _;

use qrcode::{EcLevel, QrCode};

/// The light margin that readers need (§6.3.8), in modules.
const MARGIN: usize = 4;

/// A drawn code.
#[derive(Clone, Debug)]
pub struct QrDrawing {
    /// Modules along a side, margins included.
    side: usize,
    /// The path of the dark modules, a rectangle for each run in a row.
    pub dots: String,
}

/// Why there is no drawing: the text is too long for any code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text does not fit into a QR code")]
pub struct TooLong;

impl QrDrawing {
    /// Draws a text.
    pub fn of(text: &str) -> Result<Self, TooLong> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| TooLong)?;
        let width = code.width();
        let dark: Vec<bool> = code
            .to_colors()
            .into_iter()
            .map(|color| color == qrcode::Color::Dark)
            .collect();
        let mut dots = String::new();
        for (row, modules) in dark.chunks(width).enumerate() {
            let mut column = 0;
            while column < width {
                let run = modules[column..].iter().take_while(|dark| **dark).count();
                if run > 0 {
                    // Writing to a string does not fail.
                    let _ = write!(
                        dots,
                        "M{} {}h{run}v1h-{run}z",
                        column + MARGIN,
                        row + MARGIN
                    );
                }
                column += run.max(1);
            }
        }
        Ok(Self {
            side: width + 2 * MARGIN,
            dots,
        })
    }

    pub(super) fn view_box(&self) -> String {
        format!("0 0 {side} {side}", side = self.side)
    }

    pub(super) fn ground(&self) -> String {
        format!("M0 0h{side}v{side}h-{side}z", side = self.side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_its_finder_pattern_within_the_margin() {
        let drawing = QrDrawing::of("otpauth://totp/Northwind:ada?secret=GEZDGNBV").unwrap();
        assert!(drawing.dots.starts_with("M4 4h7v1h-7z"), "{}", drawing.dots);
        assert!(drawing.view_box().starts_with("0 0 "));
        assert!(QrDrawing::of(&"x".repeat(5_000)).is_err());
    }
}
