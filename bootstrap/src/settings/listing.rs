//! What `gatelodge config` prints: every value in effect, secrets masked, and its source.

use core::fmt::Write as _;

use super::layers::Effective;
use super::options::{self, Kind, OPTIONS};

/// Sources stand below each other, but for values so long that they would push all out of sight.
const COLUMN: usize = 48;

/// One line an option: `key = value  # source`.
pub(crate) fn listing(effective: &Effective) -> String {
    let mut lines = Vec::new();
    let mut add = |key: &str, kind: Kind| {
        let shown = effective.shown(key);
        let value = match kind {
            Kind::Switch | Kind::Whole(..) | Kind::Ratio => shown,
            Kind::Networks => {
                let items: Vec<String> = shown
                    .split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| format!("{item:?}"))
                    .collect();
                format!("[{}]", items.join(", "))
            }
            _ => format!("{shown:?}"),
        };
        lines.push((format!("{key} = {value}"), effective.origin(key).to_owned()));
    };
    for option in OPTIONS {
        add(option.key, option.kind);
        if option.kind == Kind::Secret {
            let file = options::file_key(option.key);
            if !effective.shown(&file).is_empty() {
                add(&file, Kind::Path);
            }
        }
    }
    let fitting = lines.iter().map(|(line, _)| line.len());
    let width = fitting
        .filter(|length| *length <= COLUMN)
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (line, origin) in &lines {
        let _ = writeln!(text, "{line:width$}  # {origin}");
    }
    text
}
