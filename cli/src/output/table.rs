//! Tables that fit the terminal.

use std::borrow::Cow;

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::style::{Style, on};

const GAP: usize = 2;
/// A column is not cut to less.
const LEAST: usize = 8;

/// Rows under headings.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Those columns of those items.
    pub(crate) fn of(items: &[Value], columns: &[String]) -> Self {
        let mut rows = vec![columns.iter().map(|name| heading(name)).collect()];
        for item in items {
            rows.push(columns.iter().map(|name| cell(at(item, name))).collect());
        }
        Self { rows }
    }

    /// The text, each line at most so wide where that is possible.
    pub(crate) fn text(&self, width: usize) -> String {
        let widths = self.widths(width);
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let cell = shortened(cell, *width);
                let pad = width.saturating_sub(cell.width()) + GAP;
                line.push_str(&cell);
                line.push_str(&" ".repeat(pad));
            }
            let line = line.trim_end();
            text.push_str(&match number {
                0 => on(&std::io::stdout(), Style::Bold, line),
                _ => line.to_owned(),
            });
            text.push('\n');
        }
        text
    }

    /// As wide as the widest cell; the widest columns give way until all fit.
    fn widths(&self, limit: usize) -> Vec<usize> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let widest = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].width());
            cells.max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..columns).map(widest).collect();
        let gaps = GAP * columns.saturating_sub(1);
        // What is copied into the next command gives way last, and a time does not at all.
        for givers in [Giving::Words, Giving::Names, Giving::First] {
            while widths.iter().sum::<usize>() + gaps > limit {
                let wide = |(column, width): &(usize, &mut usize)| {
                    **width > LEAST && self.giving(*column) == givers
                };
                let may = widths.iter_mut().enumerate().filter(wide);
                let Some((_, widest)) = may.max_by_key(|(_, width)| **width) else {
                    break;
                };
                *widest -= 1;
            }
        }
        widths
    }

    fn giving(&self, column: usize) -> Giving {
        let cells = || self.rows.iter().skip(1).map(|row| row[column].as_str());
        let all =
            |is: fn(&str) -> bool| cells().any(is) && cells().all(|cell| cell == "-" || is(cell));
        if all(is_time) {
            Giving::Nothing
        } else if column == 0 {
            Giving::First
        } else if all(is_id) {
            Giving::Names
        } else {
            Giving::Words
        }
    }
}

/// How a column gives way to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Giving {
    /// At once.
    Words,
    /// Ids of other things.
    Names,
    /// What the thing itself is called.
    First,
    /// Not at all.
    Nothing,
}

fn is_id(cell: &str) -> bool {
    crate::resources::is_id(cell)
}

fn is_time(cell: &str) -> bool {
    cell.len() == 20 && cell.ends_with('Z') && cell.as_bytes().get(10) == Some(&b'T')
}

fn heading(name: &str) -> String {
    name.replace(['_', '.'], " ").to_uppercase()
}

/// A member by its path: `actor.id`.
fn at<'a>(item: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(item, |value, name| &value[name])
}

/// A value in one cell.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        value => wide(value),
    }
}

/// A value on one line, nothing left out.
pub(crate) fn wide(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => shown(&short_time(text)),
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_object() && !item.is_array()) =>
        {
            items.iter().map(wide).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) if items.iter().all(|item| item["role"].is_string()) => {
            items.iter().map(reason).collect::<Vec<_>>().join(", ")
        }
        // As the API's filters write it.
        Value::Object(_) if value["kind"].is_string() => {
            let (kind, id) = (wide(&value["kind"]), wide(&value["id"]));
            if id.is_empty() {
                kind
            } else {
                format!("{kind}:{id}")
            }
        }
        other => shown(&other.to_string()),
    }
}

/// Why somebody may do something: `editor`, `editor by admin`, `editor (group staff)`.
fn reason(value: &Value) -> String {
    let mut text = wide(&value["role"]);
    if value["via"].as_array().is_some_and(|via| !via.is_empty()) {
        text = format!("{text} by {}", wide(&value["via"]));
    }
    match value["group"].as_str() {
        Some(group) => format!("{text} (group {})", shown(group)),
        None => text,
    }
}

/// `2026-01-31T12:00:00.000Z` without its milliseconds, as people read it.
fn short_time(text: &str) -> Cow<'_, str> {
    let is_time = text.len() == 24
        && text.ends_with('Z')
        && text.as_bytes().get(10) == Some(&b'T')
        && text.as_bytes().get(19) == Some(&b'.');
    if is_time {
        Cow::Owned(format!("{}Z", &text[..19]))
    } else {
        Cow::Borrowed(text)
    }
}

/// Text that cannot play tricks on a terminal.
pub(crate) fn shown(text: &str) -> String {
    let tricky = |letter: char| {
        letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(tricky) {
        return text.to_owned();
    }
    let mut shown = String::new();
    for letter in text.chars() {
        if tricky(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// At most so wide; what is cut off shows as `…`.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        let mut bytes = [0; 4];
        if kept.width() + letter.encode_utf8(&mut bytes).width() + 1 > width {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns() -> Vec<String> {
        ["name", "is_on", "list", "actor.id"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn cells_line_up_whatever_the_letters() {
        let items = [
            json!({"name": "ada", "is_on": true, "list": ["a", "b"], "actor": {"id": "x"}}),
            json!({"name": "李四", "is_on": false, "list": []}),
        ];
        assert_eq!(
            Table::of(&items, &columns()).text(usize::MAX),
            "NAME  IS ON  LIST  ACTOR ID\nada   yes    a, b  x\n李四  no     -     -\n"
        );
    }

    #[test]
    fn the_widest_column_gives_way() {
        let items = [json!({"name": "a".repeat(100), "is_on": true, "list": ["b"]})];
        let text = Table::of(&items, &columns()).text(40);
        assert!(text.lines().all(|line| line.width() <= 40), "{text}");
        assert!(text.contains("aaa…"), "{text}");
    }

    #[test]
    fn what_a_server_holds_cannot_move_the_cursor() {
        assert_eq!(wide(&json!("a\x1b[2Jb\u{202e}")), "a\\u{1b}[2Jb\\u{202e}");
        assert_eq!(
            wide(&json!("2026-01-31T12:00:00.000Z")),
            "2026-01-31T12:00:00Z"
        );
    }
}
