//! What differs between what a file wants and what is there, and the patch (RFC 7396) that
//! makes it so. Fields that the file does not name are nobody's business.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::document::{Field, Shape};

/// Lists whose order says something: the first audience is the default one.
const ORDERED: &[&str] = &["audiences"];
/// Texts that are sets of words.
const WORDS: &[&str] = &["scope", "default_scope"];

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// Its path, such as `settings.access_token_lifetime`.
    pub(crate) path: String,
    /// What is there.
    pub(crate) from: Value,
    /// What is wanted.
    pub(crate) to: Value,
}

/// The differences, and the patch that removes them.
pub(crate) fn compare(
    wanted: &Map<String, Value>,
    there: &Value,
    fields: &[Field],
) -> (Vec<Difference>, Map<String, Value>) {
    let mut found = Vec::new();
    let patch = walk("", wanted, there, fields, &mut found);
    (found, patch)
}

fn walk(
    prefix: &str,
    wanted: &Map<String, Value>,
    there: &Value,
    fields: &[Field],
    found: &mut Vec<Difference>,
) -> Map<String, Value> {
    let mut changes = Map::new();
    for (name, value) in wanted {
        let field = fields.iter().find(|field| field.name == *name);
        let current = &there[name];
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if let (Value::Object(inner), true) = (value, !current.is_array()) {
            let inner_fields = match field.map(|field| &field.shape) {
                Some(Shape::Record(fields)) => fields.as_slice(),
                _ => &[],
            };
            let inner = walk(&path, inner, current, inner_fields, found);
            if !inner.is_empty() {
                changes.insert(name.clone(), Value::Object(inner));
            }
            continue;
        }
        let usual = field.and_then(|field| field.default.as_ref());
        if !same(name, value, current, usual) {
            found.push(Difference {
                path,
                from: current.clone(),
                to: value.clone(),
            });
            changes.insert(name.clone(), value.clone());
        }
    }
    changes
}

fn same(name: &str, wanted: &Value, there: &Value, usual: Option<&Value>) -> bool {
    if wanted == there {
        return true;
    }
    match (wanted, there) {
        // Taking away what has its default changes nothing, and so does asking for it.
        (Value::Null, there) => usual == Some(there),
        (wanted, Value::Null) => usual == Some(wanted) || is_empty(wanted),
        (Value::Array(wanted), Value::Array(there)) if !ORDERED.contains(&name) => {
            wanted.len() == there.len() && texts(wanted) == texts(there)
        }
        (Value::String(wanted), Value::String(there)) if WORDS.contains(&name) => {
            let words = |text: &str| -> BTreeSet<String> {
                text.split_whitespace().map(str::to_owned).collect()
            };
            words(wanted) == words(there)
        }
        _ => false,
    }
}

fn texts(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(Value::to_string).collect()
}

/// A value without the members that say nothing.
pub(crate) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Whether a value says nothing.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patch(wanted: &Value, there: &Value) -> Value {
        let fields = [Field {
            name: "consent".to_owned(),
            about: String::new(),
            required: false,
            default: Some(json!("ask")),
            is_row_id: false,
            shape: Shape::Anything,
        }];
        let wanted = wanted.as_object().cloned().unwrap();
        let (found, patch) = compare(&wanted, there, &fields);
        assert_eq!(found.is_empty(), patch.is_empty());
        Value::Object(patch)
    }

    #[test]
    fn only_what_differs_is_in_the_patch() {
        for (wanted, there, expected) in [
            (
                json!({"a": 1, "b": 2}),
                json!({"a": 1, "b": 3, "c": 4}),
                json!({"b": 2}),
            ),
            (
                json!({"settings": {"x": 1, "y": null}}),
                json!({"settings": {"x": 2, "y": 3, "z": 4}}),
                json!({"settings": {"x": 1, "y": null}}),
            ),
            (
                json!({"settings": {"x": 1}}),
                json!({}),
                json!({"settings": {"x": 1}}),
            ),
            (
                json!({"uris": ["a", "b"]}),
                json!({"uris": ["b", "a"]}),
                json!({}),
            ),
            (
                json!({"uris": ["a", "a"]}),
                json!({"uris": ["b", "a"]}),
                json!({"uris": ["a", "a"]}),
            ),
            (
                json!({"audiences": ["a", "b"]}),
                json!({"audiences": ["b", "a"]}),
                json!({"audiences": ["a", "b"]}),
            ),
            (
                json!({"scope": "openid email"}),
                json!({"scope": "email openid"}),
                json!({}),
            ),
            (
                json!({"consent": null}),
                json!({"consent": "ask"}),
                json!({}),
            ),
            (json!({"consent": "ask"}), json!({}), json!({})),
            (json!({"uris": []}), json!({"uris": null}), json!({})),
            (
                json!({"gone": null}),
                json!({"gone": "x"}),
                json!({"gone": null}),
            ),
        ] {
            assert_eq!(patch(&wanted, &there), expected, "{wanted} {there}");
        }
    }
}
