//! One thing, as lines of `field  value`.

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::style::{Style, on};
use super::table::{shown, wide};

/// What is there, the fields named `first` before the others. Values that are longer than the
/// line go on below themselves.
pub(crate) fn record(value: &Value, first: &[String], width: usize) -> String {
    let Value::Object(members) = value else {
        return wide(value) + "\n";
    };
    let mut lines = Vec::new();
    for name in first {
        if let Some(value) = members.get(name) {
            flatten(name, value, &mut lines);
        }
    }
    for (name, value) in members {
        if !first.contains(name) {
            flatten(name, value, &mut lines);
        }
    }
    let widest = lines
        .iter()
        .map(|(name, _)| name.width())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (name, value) in lines {
        let pad = " ".repeat(widest - name.width());
        text.push_str(&on(&std::io::stdout(), Style::Dim, &name));
        text.push_str(&pad);
        let room = width.saturating_sub(widest + 2).max(20);
        for (number, part) in folded(&value, room).iter().enumerate() {
            if number > 0 && !part.is_empty() {
                text.push_str(&" ".repeat(widest));
            }
            if !part.is_empty() {
                text.push_str("  ");
                text.push_str(part);
            }
            text.push('\n');
        }
    }
    text
}

fn flatten(name: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (inner, value) in members {
                flatten(&format!("{name}.{inner}"), value, lines);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (number, item) in items.iter().enumerate() {
                flatten(&format!("{name}[{number}]"), item, lines);
            }
        }
        Value::Array(items) if items.is_empty() => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(text) if text.trim_end().contains('\n') => {
            let shown: Vec<String> = text.trim_end().split('\n').map(shown).collect();
            lines.push((name.to_owned(), shown.join("\n")));
        }
        value => lines.push((name.to_owned(), wide(value))),
    }
}

/// Broken where the text is, and at spaces. A word that is too long stays whole, so that it can
/// be copied.
fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for part in text.split('\n') {
        let mut line = String::new();
        for word in part.split(' ') {
            if line.is_empty() {
                line.push_str(word);
            } else if line.width() + 1 + word.width() <= width {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(std::mem::replace(&mut line, word.to_owned()));
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_is_there_is_shown() {
        let value = json!({
            "id": "x", "name": "ada", "off": false, "gone": null, "none": [],
            "profile": {"nickname": "a"}, "secrets": [{"id": 1}, {"id": 2}],
        });
        assert_eq!(
            record(&value, &["name".to_owned()], 80),
            "name              ada\nid                x\noff               no\n\
             profile.nickname  a\nsecrets[0].id     1\nsecrets[1].id     2\n"
        );
    }

    #[test]
    fn a_text_of_several_lines_is_shown_as_it_is() {
        let value = json!({"text": "Hello,\n\nopen it\u{1b}.\n"});
        assert_eq!(
            record(&value, &[], 80),
            "text  Hello,\n\n      open it\\u{1b}.\n"
        );
    }

    #[test]
    fn long_values_go_on_below_themselves() {
        let value = json!({"a": "one two three four five six seven"});
        assert_eq!(
            record(&value, &[], 24),
            "a  one two three four\n   five six seven\n"
        );
    }
}
