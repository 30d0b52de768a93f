//! The text exposition format of Prometheus, version 0.0.4: a family is its help, its type and
//! its samples.

use std::fmt::{Display, Write as _};

use crate::histogram::Reading;

/// What a family is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows; its name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A page in the making.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
    family: &'static str,
}

impl Exposition {
    /// An empty page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a family; its samples follow.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) {
        self.family = name;
        let kind = kind.as_str();
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A sample of the present family.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        let name = self.family;
        self.line(name, "", labels, None, value);
    }

    /// A family of one sample without labels.
    pub fn single(&mut self, name: &'static str, kind: Kind, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(&[], value);
    }

    /// A histogram of the present family.
    pub fn histogram(&mut self, labels: &[(&str, &str)], reading: &Reading) {
        let name = self.family;
        let mut so_far = 0;
        for (bound, count) in &reading.buckets {
            so_far += count;
            let bound = bound.to_string();
            self.line(name, "_bucket", labels, Some(&bound), so_far);
        }
        let count = so_far + reading.beyond;
        self.line(name, "_bucket", labels, Some("+Inf"), count);
        self.line(name, "_sum", labels, None, reading.sum);
        self.line(name, "_count", labels, None, count);
    }

    /// The page.
    pub fn into_text(self) -> String {
        self.text
    }

    fn line(
        &mut self,
        name: &str,
        suffix: &str,
        labels: &[(&str, &str)],
        bound: Option<&str>,
        value: impl Display,
    ) {
        self.text.push_str(name);
        self.text.push_str(suffix);
        let all = labels
            .iter()
            .copied()
            .chain(bound.map(|bound| ("le", bound)));
        let mut separator = '{';
        for (label, value) in all {
            let _ = write!(self.text, "{separator}{label}=\"{}\"", escaped(value));
            separator = ',';
        }
        if separator == ',' {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Histogram;

    #[test]
    fn a_family_is_help_type_and_samples() {
        let mut page = Exposition::new();
        page.family("gate_total", Kind::Counter, "Passages.");
        page.sample(&[("by", "a \"b\"\\\n"), ("who", "x")], 3);
        page.single("open", Kind::Gauge, "Whether.", 0.5);
        assert_eq!(
            page.into_text(),
            "# HELP gate_total Passages.\n# TYPE gate_total counter\n\
             gate_total{by=\"a \\\"b\\\"\\\\\\n\",who=\"x\"} 3\n\
             # HELP open Whether.\n# TYPE open gauge\nopen 0.5\n"
        );
    }

    #[test]
    fn a_histogram_counts_up_to_everything() {
        let histogram = Histogram::<2>::new();
        let bounds = [10, 100];
        for value in [1, 10, 11, 1_000] {
            histogram.add(&bounds, value);
        }
        let mut page = Exposition::new();
        page.family("took", Kind::Histogram, "Time.");
        page.histogram(&[("a", "b")], &histogram.read(&bounds, 1.0));
        let text = page.into_text();
        for line in [
            "took_bucket{a=\"b\",le=\"10\"} 2",
            "took_bucket{a=\"b\",le=\"100\"} 3",
            "took_bucket{a=\"b\",le=\"+Inf\"} 4",
            "took_sum{a=\"b\"} 1022",
            "took_count{a=\"b\"} 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }
}
