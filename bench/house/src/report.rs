//! The figures, their targets and verdicts.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Failed;

/// Collects what was measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    figures: Map<String, Value>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    figure: f64,
    most: f64,
    unit: &'static str,
}

impl Report {
    /// A figure with the most that it may be.
    pub(crate) fn held(&mut self, what: &str, figure: f64, most: f64, unit: &'static str) {
        self.rows.push(Row {
            what: what.to_owned(),
            figure,
            most,
            unit,
        });
    }

    /// A member of the report's document.
    pub(crate) fn figure(&mut self, name: &str, value: Value) {
        self.figures.insert(name.to_owned(), value);
    }

    /// Writes the document; members that were not measured stay as they are.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failed> {
        let known = fs::read(path).ok();
        let known = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut document = match known {
            Some(Value::Object(known)) => known,
            _ => Map::new(),
        };
        document.extend(self.figures.clone());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, serde_json::to_vec_pretty(&document)?)?)
    }

    /// Prints the table; whether every target holds.
    pub(crate) fn print(&self) -> bool {
        println!("{:<54}{:>12}{:>12}", "what", "figure", "at most");
        for row in &self.rows {
            let verdict = if row.holds() { "PASS" } else { "FAIL" };
            let Row {
                what,
                figure,
                most,
                unit,
            } = row;
            println!("{what:<54}{figure:>12.2}{most:>12.2}  {unit:<4} {verdict}");
        }
        self.rows.iter().all(Row::holds)
    }
}

impl Row {
    fn holds(&self) -> bool {
        self.figure <= self.most
    }
}

/// Two decimals are enough for anybody.
pub(crate) fn rounded(figure: f64) -> Value {
    json!((figure * 100.0).round() / 100.0)
}

/// The middle one; sorts them.
pub(crate) fn median(figures: &mut [f64]) -> f64 {
    quantile(figures, 0.5)
}

/// The value below which that part of them lies; sorts them.
pub(crate) fn quantile(figures: &mut [f64], part: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let last = figures.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an index into a short list"
    )]
    let index = (last as f64 * part).round() as usize;
    figures.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_figure_beyond_its_target_fails_the_run() {
        let mut report = Report::default();
        report.held("a", 1.0, 1.0, "ms");
        assert!(report.print());
        report.held("b", 1.01, 1.0, "ms");
        assert!(!report.print());
    }

    #[test]
    fn what_was_not_measured_stays_in_the_document() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bench/house.json");
        let mut first = Report::default();
        first.figure("rss_mib", json!({ "ready": 1 }));
        first.write(&path).unwrap();
        let mut second = Report::default();
        second.figure("growth", rounded(1.234));
        second.write(&path).unwrap();
        let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            written,
            json!({ "rss_mib": { "ready": 1 }, "growth": 1.23 })
        );
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert!((median(&mut [9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
        assert!((quantile(&mut [3.0, 1.0, 2.0], 1.0) - 3.0).abs() < f64::EPSILON);
        assert!(median(&mut []).abs() < f64::EPSILON);
    }
}
