//! The header `traceparent` (W3C Trace Context, Level 1, §3.2): whose span a request belongs to.

use super::ids::{SpanId, TraceId};

/// The caller's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    sampled: bool,
}

impl Parent {
    /// Reads the header's value; `None` where it is none, which counts as no header at all
    /// (§3.2.3: a receiver that cannot read it begins a new trace).
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let [version] = hexadecimal(parts.next()?)?;
        let trace = hexadecimal(parts.next()?)?;
        let span = hexadecimal(parts.next()?)?;
        let [flags] = hexadecimal(parts.next()?)?;
        // A later version may say more (§4.3 of the version rules), this one may not.
        let is_whole = version != 0 || parts.next().is_none();
        let is_named = version != 0xff && trace != [0; 16] && span != [0; 8];
        (is_whole && is_named).then_some(Self {
            trace: TraceId(trace),
            span: SpanId(span),
            sampled: flags & 1 == 1,
        })
    }

    /// Whether the caller keeps its part of the trace.
    pub fn is_sampled(self) -> bool {
        self.sampled
    }

    /// As it is written.
    pub(crate) fn to_text(self) -> String {
        use core::fmt::Write as _;
        let mut text = String::with_capacity(55);
        text.push_str("00-");
        // Writing to a string cannot fail.
        for byte in self.trace.0 {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('-');
        for byte in self.span.0 {
            let _ = write!(text, "{byte:02x}");
        }
        text.push_str(if self.sampled { "-01" } else { "-00" });
        text
    }
}

/// So many bytes in lower case.
fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
        *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_examples_of_the_recommendation_are_read() {
        let parent = Parent::parse(GOOD).unwrap();
        assert!(parent.is_sampled());
        assert_eq!(parent.trace.0[..4], [0x4b, 0xf9, 0x2f, 0x35]);
        assert_eq!(parent.span.0[..4], [0x00, 0xf0, 0x67, 0xaa]);
        assert_eq!(parent.to_text(), GOOD);
        let text = GOOD.replace("-01", "-00");
        assert!(!Parent::parse(&text).unwrap().is_sampled());
        let later = format!("cc{}-what-comes", &GOOD[2..]);
        assert!(Parent::parse(&later).is_some_and(Parent::is_sampled));
    }

    #[test]
    fn what_is_no_parent_is_none() {
        for text in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e47é6-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Parent::parse(text), None, "{text}");
        }
    }
}
