//! JSON Schema as far as the document uses it, turned into what a command line can offer.

use serde_json::Value;

use super::Document;

/// What a value looks like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Text, perhaps one of a few words.
    Text {
        /// Whether nobody may see it on a screen or in a list of processes.
        secret: bool,
        /// The words, where only those are taken.
        choices: Vec<String>,
    },
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// `true` or `false`.
    Truth,
    /// Several of one shape.
    List(Box<Self>),
    /// Named fields.
    Record(Vec<Field>),
    /// Whatever JSON can say.
    Anything,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// What it is for.
    pub(crate) about: String,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// What it is when it is not there.
    pub(crate) default: Option<Value>,
    /// Whether it names something by its row id.
    pub(crate) is_row_id: bool,
    /// What it looks like.
    pub(crate) shape: Shape,
}

/// Deep enough for every body; a schema that contains itself ends there.
const DEPTH: u8 = 6;

/// The shape of a schema.
pub(super) fn shape(document: &Document, schema: &Value) -> Shape {
    shape_at(document, schema, "", DEPTH)
}

fn shape_at(document: &Document, schema: &Value, name: &str, depth: u8) -> Shape {
    let schema = document.resolved(schema);
    if depth == 0 {
        return Shape::Anything;
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return merged(document, parts, name, depth);
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(parts) = schema[several].as_array() {
            let mut real = parts.iter().filter(|part| part["type"] != "null");
            return match (real.next(), real.next()) {
                (Some(only), None) => shape_at(document, only, name, depth),
                _ => Shape::Anything,
            };
        }
    }
    match type_of(&schema) {
        Some("string") => Shape::Text {
            secret: is_secret(name, &schema),
            choices: words(&schema["enum"]),
        },
        Some("integer") => Shape::Whole,
        Some("number") => Shape::Number,
        Some("boolean") => Shape::Truth,
        Some("array") => Shape::List(Box::new(shape_at(
            document,
            &schema["items"],
            name,
            depth - 1,
        ))),
        Some("object") => match schema["properties"].as_object() {
            Some(properties) if !properties.is_empty() => {
                let required = words(&schema["required"]);
                let field = |(name, schema): (&String, &Value)| Field {
                    name: name.clone(),
                    about: about(document, schema),
                    required: required.contains(name),
                    default: schema.get("default").cloned(),
                    is_row_id: is_row_id(schema),
                    shape: shape_at(document, schema, name, depth - 1),
                };
                Shape::Record(properties.iter().map(field).collect())
            }
            _ => Shape::Anything,
        },
        _ => Shape::Anything,
    }
}

/// One object of several.
fn merged(document: &Document, parts: &[Value], name: &str, depth: u8) -> Shape {
    let mut all = Vec::new();
    for part in parts {
        match shape_at(document, part, name, depth) {
            Shape::Record(fields) => all.extend(fields),
            other if parts.len() == 1 => return other,
            _ => return Shape::Anything,
        }
    }
    all.sort_by(|one: &Field, other| one.name.cmp(&other.name));
    all.dedup_by(|one, other| one.name == other.name);
    Shape::Record(all)
}

/// Whether a schema is that of a row id.
pub(crate) fn is_row_id(schema: &Value) -> bool {
    schema["pattern"]
        .as_str()
        .is_some_and(|pattern| pattern == "^[a-h][a-z2-7]{25}$")
}

/// The type beside `null`.
fn type_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(text) => Some(text),
        Value::Array(several) => several
            .iter()
            .filter_map(Value::as_str)
            .find(|one| *one != "null"),
        _ => None,
    }
}

fn is_secret(name: &str, schema: &Value) -> bool {
    schema["format"] == "password" || name.ends_with("_secret") || name == "password"
}

fn about(document: &Document, schema: &Value) -> String {
    let own = schema["description"].as_str().map(str::to_owned);
    let text = own.or_else(|| {
        let resolved = document.resolved(schema);
        resolved["description"].as_str().map(str::to_owned)
    });
    text.unwrap_or_default().replace('\n', " ")
}

fn words(list: &Value) -> Vec<String> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_sorts_of_schema_become_shapes() {
        let document = Document::compiled().unwrap();
        let shape = |schema: Value| document.shape(&schema);
        let words = |choices: &[&str]| Shape::Text {
            secret: false,
            choices: choices.iter().map(|one| (*one).to_owned()).collect(),
        };
        assert_eq!(shape(json!({"type": ["integer", "null"]})), Shape::Whole);
        assert_eq!(
            shape(json!({"type": ["string", "null"], "enum": ["a", "b", null]})),
            words(&["a", "b"])
        );
        assert_eq!(
            shape(json!({"oneOf": [{"type": "null"}, {"type": "boolean"}]})),
            Shape::Truth
        );
        assert_eq!(
            shape(json!({"type": "array", "items": {"type": "string"}})),
            Shape::List(Box::new(words(&[])))
        );
        assert_eq!(shape(json!({"type": "object"})), Shape::Anything);
        assert_eq!(
            shape(json!({"$ref": "#/components/schemas/Gone"})),
            Shape::Anything
        );
    }
}
