//! `lodge export`: a realm as files that `apply` takes. What has its default is left out, and
//! secrets are: a client that has one gets a place to say where it is.

use std::path::Path;

use clap::{ArgMatches, ValueEnum as _};
use serde_json::{Map, Value, json};

use super::compare::{is_empty, without_nulls};
use super::kinds::{Kind, find, kinds};
use super::links::{Link, Links};
use super::parts::Part;
use super::plan::is_ours;
use crate::document::Shape;
use crate::fault::Fault;
use crate::http::{Request, segment};
use crate::output::{Format, OrderedYaml, note, print, yaml};
use crate::work::{Lodge, Progress, pages};

/// Writes a realm.
pub(crate) fn export(lodge: &Lodge<'_>, matches: &ArgMatches) -> Result<(), Fault> {
    let kinds = kinds(lodge.document);
    let only: Vec<&String> = matches
        .get_many::<String>("kinds")
        .into_iter()
        .flatten()
        .collect();
    for name in &only {
        find(&kinds, name)?;
    }
    let path = matches.try_get_one::<String>("output").ok().flatten();
    if let Some(path) = path.filter(|path| Format::from_str(path, true).is_ok()) {
        return Err(Fault::Usage(format!(
            "files are always YAML, and --output says where to: write ./{path} for a folder of \
             that name"
        )));
    }
    let users = matches.get_flag("users");
    let chosen = |kind: &&Kind<'_>| {
        if only.is_empty() {
            users || kind.name != "user"
        } else {
            only.iter().any(|name| *name == kind.name)
        }
    };
    let links = Links::new(lodge);
    let mut written: Vec<(&str, Vec<Value>)> = Vec::new();
    for kind in kinds.iter().filter(chosen) {
        written.push((kind.name, documents(lodge, &links, kind)?));
    }
    let realm = written.iter_mut().find(|(kind, _)| *kind == "realm");
    if let Some(document) = realm.and_then(|(_, many)| many.first_mut()) {
        files_beside(lodge, document, path.map(String::as_str))?;
    }
    match path {
        None => print(
            &written
                .iter()
                .map(|(_, many)| text(many))
                .collect::<Result<String, _>>()?,
        ),
        Some(path) => save(path, &written),
    }
}

/// Writes the files that belong beside a realm's document, and names them in it.
fn files_beside(lodge: &Lodge<'_>, document: &mut Value, path: Option<&str>) -> Result<(), Fault> {
    let realm = lodge.realm();
    for part in Part::all_of("realm") {
        let Some((ending, bytes)) = part.file(lodge, realm, &part.read(lodge, realm)?)? else {
            continue;
        };
        let Some(path) = path else {
            note("The logo is left out: it is a file, so say where to by --output.");
            continue;
        };
        let folder = if is_file(path) {
            Path::new(path).parent().unwrap_or(Path::new(""))
        } else {
            Path::new(path)
        };
        let name = format!("{realm}.logo.{ending}");
        let wrong = |error: std::io::Error| Fault::because(&name, &error);
        if !folder.as_os_str().is_empty() {
            std::fs::create_dir_all(folder).map_err(wrong)?;
        }
        std::fs::write(folder.join(&name), bytes).map_err(wrong)?;
        document["spec"][part.name][super::theme::LOGO] = json!(name);
    }
    Ok(())
}

fn is_file(path: &str) -> bool {
    [".yaml", ".yml"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

fn save(path: &str, written: &[(&str, Vec<Value>)]) -> Result<(), Fault> {
    let wrong = |error: std::io::Error| Fault::because(path, &error);
    let count: usize = written.iter().map(|(_, many)| many.len()).sum();
    if is_file(path) {
        let whole: String = written
            .iter()
            .map(|(_, many)| text(many))
            .collect::<Result<_, _>>()?;
        std::fs::write(path, whole).map_err(wrong)?;
    } else {
        std::fs::create_dir_all(path).map_err(wrong)?;
        for (kind, many) in written {
            let file = Path::new(path).join(format!("{kind}.yaml"));
            // What was exported before must not come back when this is applied.
            if many.is_empty() {
                let _ = std::fs::remove_file(file);
            } else {
                std::fs::write(file, text(many)?).map_err(wrong)?;
            }
        }
    }
    note(&format!("{count} documents are in {path}"));
    Ok(())
}

fn text(documents: &[Value]) -> Result<String, Fault> {
    let mut text = String::new();
    for document in documents {
        text.push_str("---\n");
        text.push_str(&yaml(&OrderedYaml {
            value: document,
            first: &["kind", "name", "realm", "spec"],
        })?);
    }
    Ok(text)
}

fn documents(lodge: &Lodge<'_>, links: &Links<'_>, kind: &Kind<'_>) -> Result<Vec<Value>, Fault> {
    let realm = lodge.realm();
    if kind.name == "realm" {
        let path = kind.read.path.replace("{realm}", &segment(realm));
        let item = lodge.admin.call(&Request::new("GET", &path))?.json()?;
        return Ok(vec![document(lodge, links, kind, &item)?]);
    }
    let mut found = Vec::new();
    let mut progress = Progress::counting(&format!("reading {}s", kind.name));
    let list = Request::new("GET", &kind.list.path.replace("{realm}", &segment(realm)));
    pages(&lodge.admin, kind.list, &list, None, &mut |items| {
        for item in items.iter().filter(|item| is_ours(item)) {
            found.push(document(lodge, links, kind, item)?);
            progress.at(found.len() as u64);
        }
        Ok(())
    })?;
    Ok(found)
}

fn document(
    lodge: &Lodge<'_>,
    links: &Links<'_>,
    kind: &Kind<'_>,
    item: &Value,
) -> Result<Value, Fault> {
    let name = &kind.name_of(item).unwrap_or_default();
    let mut spec = Map::new();
    for field in kind.names().iter().filter_map(|name| kind.field(name)) {
        let value = &item[&field.name];
        let usual = field.default.as_ref() == Some(value);
        if is_empty(value) || usual {
            continue;
        }
        spec.insert(field.name.clone(), without_nulls(value));
    }
    for field in kind.secrets() {
        // Only a client shows that it has one; a password is asked for by nobody.
        let has_one = item["secrets"]
            .as_array()
            .is_some_and(|all| !all.is_empty());
        if has_one && matches!(field.shape, Shape::Text { .. }) {
            spec.insert(
                Kind::reference(&field.name),
                json!({ "env": variable(name) }),
            );
        }
    }
    let id = item["id"]
        .as_str()
        .filter(|_| kind.by_id(lodge.document).is_some());
    for link in Link::all_of(kind.name) {
        let names = links.own(link, lodge.realm(), id.unwrap_or(name), item)?;
        if !names.is_empty() {
            spec.insert(link.name.to_owned(), json!(names));
        }
    }
    lodge
        .names
        .put_names(lodge, lodge.realm(), &kind.fields(), &mut spec)?;
    for part in Part::all_of(kind.name) {
        let there = without_nulls(&part.written(&part.read(lodge, lodge.realm())?));
        if !is_empty(&there) {
            spec.insert(part.name.to_owned(), there);
        }
    }
    let mut document = json!({ "kind": kind.name, "name": name, "spec": spec });
    if kind.name != "realm" {
        document["realm"] = json!(lodge.realm());
    }
    Ok(document)
}

/// `MY_APP_SECRET` for `my-app`.
fn variable(client_id: &str) -> String {
    let letters = client_id.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        }
    });
    let name: String = letters.collect();
    let lead = if name.starts_with(|first: char| first.is_ascii_digit()) {
        "CLIENT_"
    } else {
        ""
    };
    format!("{lead}{name}_SECRET")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_a_variable_that_shells_know() {
        assert_eq!(variable("my-app"), "MY_APP_SECRET");
        assert_eq!(variable("3-app"), "CLIENT_3_APP_SECRET");
        assert_eq!(variable("https://a.b"), "HTTPS___A_B_SECRET");
    }
}
