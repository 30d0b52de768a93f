//! How a realm's pages and mails look. The words, colours and links are a document; the logo is
//! a file beside it, which `logo_file` names.
//!
//! The document is written as a whole. A logo that is not spoken of stays, and `logo_file: null`
//! takes it away.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::compare::{Difference, is_empty, without_nulls};
use crate::document::Operation;
use crate::fault::Fault;
use crate::http::{Request, segment};
use crate::work::Lodge;

pub(super) const LOGO: &str = "logo_file";
/// What a server says of a theme, and nobody writes.
const TOLD: &[&str] = &["origin", "logo", "updated_at"];
/// What has its usual value says nothing.
const USUAL: (&str, &str) = ("corners", "soft");

/// The theme as a file has it, without its logo; nothing where it is the built-in one.
pub(super) fn written(there: &Value) -> Value {
    let mut members = match without_nulls(there) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.retain(|name, value| {
        let is_usual = name == USUAL.0 && value == USUAL.1;
        !is_usual && !TOLD.contains(&name.as_str()) && !is_empty(value)
    });
    Value::Object(members)
}

/// What differs: all of the document, and the logo where a file speaks of it.
pub(super) fn differences(
    wanted: &Map<String, Value>,
    there: &Value,
) -> Result<Vec<Difference>, Fault> {
    let (wants, has) = (flat(&document(wanted)), flat(&written(there)));
    let mut paths: Vec<&String> = wants.keys().chain(has.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut found = Vec::new();
    for path in paths {
        let of = |side: &BTreeMap<String, Value>| side.get(path).cloned().unwrap_or(Value::Null);
        if !same(&of(&wants), &of(&has)) {
            found.push(Difference {
                path: path.clone(),
                from: of(&has),
                to: of(&wants),
            });
        }
    }
    let logo = &there["logo"];
    let is_same = match wanted.get(LOGO) {
        None => true,
        Some(Value::String(file)) => logo["sha256"] == json!(digest(&bytes(file)?)),
        Some(_) => logo.is_null(),
    };
    if !is_same {
        found.push(changed_logo(logo, wanted[LOGO].clone()));
    }
    Ok(found)
}

fn changed_logo(logo: &Value, to: Value) -> Difference {
    let from = match logo["media_type"].as_str() {
        Some(media) => json!(format!("another {media}")),
        None => Value::Null,
    };
    Difference {
        path: LOGO.to_owned(),
        from,
        to,
    }
}

/// Makes it so.
pub(super) fn put(
    lodge: &Lodge<'_>,
    write: &Operation,
    realm: &str,
    wanted: &Map<String, Value>,
    there: &Value,
) -> Result<(), Fault> {
    let found = differences(wanted, there)?;
    let is_logo = |difference: &&Difference| difference.path == LOGO;
    if found.iter().any(|one| one.path != LOGO) {
        let media = write.body.as_ref().map(|body| body.media.clone());
        let mut request = Request::new(&write.method, &path(write, realm));
        let body = document(wanted).to_string().into_bytes();
        request.body = Some((media.unwrap_or_default(), body));
        lodge.admin.call(&request)?;
    }
    let Some(logo) = found.iter().find(is_logo) else {
        return Ok(());
    };
    let id = match logo.to {
        Value::Null => "delete_theme_logo",
        _ => "write_theme_logo",
    };
    let operation = lodge.document.operation(id);
    let operation = operation.ok_or_else(|| Fault::Failed(format!("operation {id} is gone")))?;
    let mut request = Request::new(&operation.method, &path(operation, realm));
    if let Value::String(file) = &logo.to {
        let media = "application/octet-stream".to_owned();
        request.body = Some((media, bytes(file)?));
    }
    lodge.admin.call(&request).map(|_| ())
}

/// The logo that is there, and the ending of its file.
pub(super) fn logo(
    lodge: &Lodge<'_>,
    realm: &str,
    there: &Value,
) -> Result<Option<(&'static str, Vec<u8>)>, Fault> {
    let ending = match there["logo"]["media_type"].as_str() {
        None => return Ok(None),
        Some("image/png") => "png",
        Some("image/jpeg") => "jpg",
        Some("image/webp") => "webp",
        Some(_) => "svg",
    };
    let Some(read) = lodge.document.operation("read_theme_logo") else {
        return Ok(None);
    };
    let reply = lodge.admin.call(&Request::new("GET", &path(read, realm)))?;
    Ok(Some((ending, reply.body)))
}

/// The logo's file, seen from the file that names it.
pub(super) fn place(wanted: &mut Map<String, Value>, folder: &Path) {
    if let Some(Value::String(file)) = wanted.get_mut(LOGO) {
        *file = folder.join(&*file).display().to_string();
    }
}

/// What is wrong with what a file wants, if that can be told here.
pub(super) fn fault_of(wanted: &Map<String, Value>) -> Option<String> {
    let told = TOLD.iter().find(|name| wanted.contains_key(**name));
    if told == Some(&"logo") {
        return Some(format!("the logo is a file: write `{LOGO}: logo.svg`"));
    }
    if let Some(name) = told {
        return Some(format!("`{name}` is told by the server, and not written"));
    }
    match wanted.get(LOGO) {
        None | Some(Value::Null | Value::String(_)) => None,
        Some(_) => Some(format!("`{LOGO}` is the path of a file")),
    }
}

/// What is sent: everything but the logo.
fn document(wanted: &Map<String, Value>) -> Value {
    let mut members = wanted.clone();
    members.remove(LOGO);
    written(&Value::Object(members))
}

fn same(wanted: &Value, there: &Value) -> bool {
    match (wanted, there) {
        // A colour is one in letters of either case.
        (Value::String(one), Value::String(other)) if one.starts_with('#') => {
            one.eq_ignore_ascii_case(other)
        }
        _ => wanted == there,
    }
}

fn flat(value: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    walk("", value, &mut found);
    found
}

fn walk(prefix: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                walk(&path, value, found);
            }
        }
        Value::Null => {}
        value => {
            found.insert(prefix.to_owned(), value.clone());
        }
    }
}

fn bytes(file: &str) -> Result<Vec<u8>, Fault> {
    std::fs::read(file).map_err(|error| Fault::Usage(format!("{file}: {error}")))
}

fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in openssl::sha::sha256(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn path(operation: &Operation, realm: &str) -> String {
    operation.path.replace("{realm}", &segment(realm))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(wanted: &Value, there: &Value) -> Vec<String> {
        let found = differences(wanted.as_object().unwrap(), there).unwrap();
        found.into_iter().map(|one| one.path).collect()
    }

    #[test]
    fn a_theme_is_compared_as_a_whole_and_its_logo_by_its_bytes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "<svg/>").unwrap();
        let name = file.path().to_str().unwrap();
        let there = json!({
            "name": "Harbour", "language": null, "corners": "soft",
            "colours": {"light": {"accent": "#0b57d0"}, "dark": {}},
            "links": {"support": null, "privacy": "https://a.example/p", "terms": null},
            "texts": {}, "origin": "realm", "updated_at": "x",
            "logo": {"media_type": "image/svg+xml", "sha256": digest(b"<svg/>")},
        });
        let same = json!({
            "name": "Harbour", "colours": {"light": {"accent": "#0B57D0"}},
            "links": {"privacy": "https://a.example/p"}, "logo_file": name,
        });
        assert_eq!(paths(&same, &there), [""; 0]);
        std::fs::write(file.path(), "<svg></svg>").unwrap();
        assert_eq!(paths(&same, &there), ["logo_file"]);
        let other = json!({"name": "Harbour", "corners": "round", "logo_file": null});
        assert_eq!(
            paths(&other, &there),
            [
                "colours.light.accent",
                "corners",
                "links.privacy",
                "logo_file"
            ]
        );
        let built_in = json!({"name": null, "corners": "soft", "origin": "built_in", "logo": null});
        assert_eq!(paths(&json!({}), &built_in), [""; 0]);
        assert_eq!(written(&built_in), json!({}));
    }

    #[test]
    fn what_the_server_tells_is_not_written() {
        let told = |wanted: Value| fault_of(wanted.as_object().unwrap()).unwrap_or_default();
        assert!(told(json!({"logo": {}})).contains("logo_file"));
        assert!(told(json!({"origin": "realm"})).contains("origin"));
        assert!(told(json!({"logo_file": 1})).contains("path"));
        assert_eq!(told(json!({"name": "x", "logo_file": "a.png"})), "");
    }
}
