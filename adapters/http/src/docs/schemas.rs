//! The schemas of a document, once more, as those who read them need them.
//!
//! What serde flattens, utoipa writes as `allOf`, and a part that takes no unknown members then
//! refuses those of its neighbours (JSON Schema 2020-12 Core §10.3.2.3 looks at each part alone):
//! the parts become one object. An `…Answer` may get further members later, so it is open; what
//! is sent stays closed. What it has it always has, `null` where there is nothing, so it is all
//! required but for the few members that are left out then. A `…Patch` is a merge patch (RFC
//! 7396): nothing in it is required, and `null` takes back what can be left out. Words and lengths
//! come from the tables in `rules`.

use gatelodge_domain::Setting;
use gatelodge_domain::user::ProfileClaim;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::rules::{LEFT_OUT, NEVER_SHOWN, table};

const PREFIX: &str = "#/components/schemas/";

/// Rewrites every schema of the document's components.
pub(super) fn rewrite(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let Ok(Value::Object(mut schemas)) = serde_json::to_value(&components.schemas) else {
        return;
    };
    let before = schemas.clone();
    add_maps(&mut schemas);
    flatten(&mut schemas);
    for (places, property, rule) in table() {
        for place in places {
            constrain(&mut schemas, place, property, &rule);
        }
    }
    add_patches(&mut schemas);
    require_answers(&mut schemas);
    refer_from_pages(&mut schemas);
    components.schemas.remove("MetadataBody");
    schemas.remove("MetadataBody");
    // Only what changed is read back: the library cannot read every schema that it writes.
    for (name, schema) in schemas {
        if before.get(&name) != Some(&schema)
            && let Ok(read) = serde_json::from_value(schema)
        {
            components.schemas.insert(name, read);
        }
    }
}

/// Settings and profile claims by name: closed objects, from the tables that know them.
fn add_maps(schemas: &mut Map<String, Value>) {
    let closed = |about: &str, properties: Map<String, Value>| {
        json!({
            "type": "object",
            "description": about,
            "properties": properties,
            "additionalProperties": false,
        })
    };
    if schemas.contains_key("RealmAnswer") {
        let one = |setting: &Setting| {
            let spec = setting.spec();
            let shape = json!({
                "type": "integer",
                "format": "int32",
                "description": format!("{} {} without.", spec.about.trim(), spec.default),
                "minimum": spec.min,
                "maximum": spec.max,
            });
            (spec.name.to_owned(), shape)
        };
        let settings = Setting::ALL.iter().map(one).collect();
        let about = "Settings that differ from the defaults, by name.";
        schemas.insert("Settings".to_owned(), closed(about, settings));
        let one = |claim: ProfileClaim| {
            let shape = json!({"type": "string", "minLength": 1, "maxLength": 500});
            (claim.as_str().to_owned(), shape)
        };
        let claims = ProfileClaim::ALL.into_iter().map(one).collect();
        let about = "Standard claims (OpenID Connect Core §5.1), by name.";
        schemas.insert("Profile".to_owned(), closed(about, claims));
        let attributes = json!({
            "type": "object",
            "description": "What the realm keeps of its users beyond the standard claims, by name; each value has the type that the realm's schema says.",
            "propertyNames": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"},
            "additionalProperties": true,
        });
        schemas.insert("Attributes".to_owned(), attributes);
    }
}

/// Makes one object of every `allOf` of objects.
fn flatten(schemas: &mut Map<String, Value>) {
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in names {
        let Some(mut schema) = schemas.get(&name).cloned() else {
            continue;
        };
        if schema.get("allOf").is_some() {
            schema = flat(schemas, &schema);
        }
        if let Value::Object(members) = &mut schema {
            if name.ends_with("Answer") {
                members.remove("additionalProperties");
            } else if name.ends_with("Patch") || name.ends_with("Body") {
                members.insert("additionalProperties".to_owned(), false.into());
            }
        }
        schemas.insert(name, schema);
    }
}

fn flat(schemas: &Map<String, Value>, schema: &Value) -> Value {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array) else {
        return schema.clone();
    };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in parts {
        let part = match part.get("$ref").and_then(Value::as_str) {
            Some(reference) => reference
                .strip_prefix(PREFIX)
                .and_then(|name| schemas.get(name))
                .map(|found| flat(schemas, found)),
            None => Some(flat(schemas, part)),
        };
        let Some(Value::Object(mut part)) = part else {
            continue;
        };
        if let Some(Value::Object(members)) = part.remove("properties") {
            properties.extend(members);
        }
        if let Some(Value::Array(names)) = part.remove("required") {
            required.extend(names);
        }
    }
    let mut whole = json!({"type": "object", "properties": properties});
    if let Some(about) = schema.get("description") {
        whole["description"] = about.clone();
    }
    if !required.is_empty() {
        whole["required"] = required.into();
    }
    whole
}

/// Puts what a rule says into a property. A reference stands in for whatever was there.
fn constrain(schemas: &mut Map<String, Value>, schema: &str, property: &str, rule: &Value) {
    let Some(Value::Object(members)) = schemas
        .get_mut(schema)
        .and_then(|schema| schema.get_mut("properties"))
        .and_then(|properties| properties.get_mut(property))
    else {
        return;
    };
    if rule.get("$ref").is_some() {
        members.clear();
    }
    let nullable = is_nullable(members);
    for (key, value) in rule.as_object().into_iter().flatten() {
        let mut value = value.clone();
        if let (true, "enum", Value::Array(all)) = (nullable, key.as_str(), &mut value) {
            all.push(Value::Null);
        }
        members.insert(key.clone(), value);
    }
}

fn is_nullable(schema: &Map<String, Value>) -> bool {
    let kinds = schema.get("type").and_then(Value::as_array);
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
}

/// Requires of an answer all that it always has.
fn require_answers(schemas: &mut Map<String, Value>) {
    for (name, schema) in schemas.iter_mut() {
        if !name.ends_with("Answer") {
            continue;
        }
        let is_in = |table: &[(&[&str], &[&str])], property: &str| {
            let of_this = |(places, properties): &(&[&str], &[&str])| {
                places.contains(&name.as_str()) && properties.contains(&property)
            };
            table.iter().any(of_this)
        };
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            continue;
        };
        properties.retain(|property, _| !is_in(NEVER_SHOWN, property));
        let always = properties
            .keys()
            .filter(|property| !is_in(LEFT_OUT, property));
        let always: Vec<Value> = always.map(|property| property.as_str().into()).collect();
        schema["required"] = always.into();
    }
}

/// Makes merge patches of what can be written.
fn add_patches(schemas: &mut Map<String, Value>) {
    for (of, patch) in [
        ("Settings", "SettingsPatch"),
        ("Profile", "ProfilePatch"),
        ("RefreshBody", "RefreshPatch"),
    ] {
        if let Some(found) = schemas.get(of).cloned() {
            schemas.insert(patch.to_owned(), found);
        }
    }
    let patches = schemas
        .iter_mut()
        .filter(|(name, _)| name.ends_with("Patch"));
    for (_, schema) in patches {
        let required = match schema
            .as_object_mut()
            .and_then(|all| all.remove("required"))
        {
            Some(Value::Array(names)) => names,
            _ => Vec::new(),
        };
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let reference = property.get("$ref").and_then(Value::as_str);
            let patch = match reference.and_then(|text| text.strip_prefix(PREFIX)) {
                Some("Settings") => Some("SettingsPatch"),
                Some("Profile") => Some("ProfilePatch"),
                Some("RefreshBody") => Some("RefreshPatch"),
                _ => None,
            };
            if let Some(patch) = patch {
                *property = json!({
                    "oneOf": [{"type": "null"}, {"$ref": format!("{PREFIX}{patch}")}],
                });
            } else if let (false, Value::Object(members)) =
                (required.iter().any(|one| one == name), property)
            {
                allow_null(members);
            }
        }
    }
}

fn allow_null(schema: &mut Map<String, Value>) {
    if is_nullable(schema) {
        return;
    }
    let Some(kind) = schema.get("type").filter(|kind| kind.is_string()).cloned() else {
        return;
    };
    schema.insert("type".to_owned(), json!([kind, "null"]));
    if let Some(Value::Array(all)) = schema.get_mut("enum") {
        all.push(Value::Null);
    }
}

/// A page names the schema of its items instead of repeating it.
fn refer_from_pages(schemas: &mut Map<String, Value>) {
    for (name, schema) in schemas.iter_mut() {
        if let Some(item) = name.strip_prefix("Page_")
            && let Some(items) = schema.pointer_mut("/properties/items")
        {
            items["items"] = json!({"$ref": format!("{PREFIX}{item}")});
        }
    }
}
