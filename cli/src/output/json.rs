//! JSON and YAML.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use crate::fault::Fault;

fn wrong(error: &dyn std::error::Error) -> Fault {
    Fault::because("the answer cannot be written", error)
}

/// JSON for people.
pub(super) fn pretty(value: &Value) -> Result<String, Fault> {
    let text = serde_json::to_string_pretty(value).map_err(|error| wrong(&error))?;
    Ok(text + "\n")
}

/// JSON on one line.
pub(super) fn line(value: &Value) -> Result<String, Fault> {
    let text = serde_json::to_string(value).map_err(|error| wrong(&error))?;
    Ok(text + "\n")
}

/// YAML.
pub(crate) fn yaml(value: &impl Serialize) -> Result<String, Fault> {
    serde_saphyr::to_string(value).map_err(|error| wrong(&error))
}

/// An object whose members come in this order, where they are there, and then the others.
pub(crate) struct OrderedYaml<'a> {
    /// The object.
    pub(crate) value: &'a Value,
    /// What comes first.
    pub(crate) first: &'a [&'a str],
}

impl Serialize for OrderedYaml<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Object(members) = self.value else {
            return self.value.serialize(serializer);
        };
        let mut map = serializer.serialize_map(Some(members.len()))?;
        for name in self.first {
            if let Some(value) = members.get(*name) {
                map.serialize_entry(name, value)?;
            }
        }
        for (name, value) in members {
            if !self.first.contains(&name.as_str()) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_as_yaml_is_read_back_as_it_was() {
        let value = json!({
            "kind": "client", "yes": "yes", "number": "12", "null": "null", "empty": "",
            "lines": "a\nb\n", "hash": "#1", "list": [], "nested": {"a": [1, {"b": null}]},
            "colon": "a: b", "date": "2026-01-31T12:00:00Z", "long": "word ".repeat(40),
        });
        let text = yaml(&value).unwrap();
        let back: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, value, "{text}");
    }

    #[test]
    fn members_come_in_the_wanted_order() {
        let value = json!({"a": 1, "kind": "role", "name": "x"});
        let ordered = OrderedYaml {
            value: &value,
            first: &["kind", "name", "realm"],
        };
        assert_eq!(yaml(&ordered).unwrap(), "kind: role\nname: x\na: 1\n");
    }
}
