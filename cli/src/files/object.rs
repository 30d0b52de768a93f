//! One document of a file.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::kinds::Kind;
use super::links::Link;
use super::parts::Part;
use crate::environment::variable;
use crate::fault::Fault;

/// A thing as a file wants it.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// What sort of thing.
    pub(crate) kind: String,
    /// In which realm.
    pub(crate) realm: String,
    /// Which one.
    pub(crate) name: String,
    /// What it is to be like: fields as the API has them.
    pub(crate) spec: Map<String, Value>,
    /// Where secrets are, by field.
    pub(crate) secrets: Vec<(String, SecretRef)>,
    /// What it is to be linked with, by the name of the link.
    pub(crate) links: Vec<(&'static Link, Vec<String>)>,
    /// Documents of it that are replaced as a whole.
    pub(crate) parts: Vec<(&'static Part, Map<String, Value>)>,
    /// Where it was read, for whoever has to mend it.
    pub(crate) place: String,
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum SecretRef {
    /// In this variable.
    Env(String),
    /// In this file, seen from the file that names it.
    File(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) realm: Option<String>,
    #[serde(default)]
    pub(super) spec: Map<String, Value>,
}

impl SecretRef {
    /// The secret.
    pub(crate) fn secret(&self) -> Result<String, Fault> {
        match self {
            Self::Env(name) => variable(name)
                .ok_or_else(|| Fault::Usage(format!("the variable {name} is not set"))),
            Self::File(file) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|error| Fault::Usage(format!("{file}: {error}")))?;
                Ok(text.trim_end_matches(['\r', '\n']).to_owned())
            }
        }
    }

    /// How it is written.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Env(name) => format!("(from the variable {name})"),
            Self::File(file) => format!("(from the file {file})"),
        }
    }
}

impl Object {
    /// What a document says, if its kind knows all of it.
    pub(super) fn new(
        written: Written,
        kind: &Kind<'_>,
        realm: &str,
        place: &str,
        folder: &std::path::Path,
    ) -> Result<Self, Fault> {
        let wrong = |why: String| Fault::Usage(format!("{place}: {why}"));
        let known = kind.names();
        if !kind.takes_name(&written.name) {
            let (kind, form) = (kind.name, kind.identity.join("/"));
            return Err(wrong(format!(
                "the name of a {kind} is `{form}`, and not `{}`",
                written.name
            )));
        }
        let mut object = Self {
            kind: written.kind,
            realm: realm.to_owned(),
            name: written.name,
            spec: Map::new(),
            secrets: Vec::new(),
            links: Vec::new(),
            parts: Vec::new(),
            place: place.to_owned(),
        };
        for (name, value) in written.spec {
            if let Some(part) = Part::of(kind.name, &name) {
                let Value::Object(mut members) = value else {
                    return Err(wrong(format!("`{name}` is an object")));
                };
                if let Some(fault) = part.fault_of(&members) {
                    return Err(wrong(format!("`{name}`: {fault}")));
                }
                part.place(&mut members, folder);
                object.parts.push((part, members));
                continue;
            }
            if let Some(link) = Link::of(kind.name, &name) {
                let names: Vec<String> = serde_json::from_value(value)
                    .map_err(|_| wrong(format!("`{name}` is a list of names")))?;
                object.links.push((link, names));
                continue;
            }
            let secret = kind
                .secrets()
                .find(|field| Kind::reference(&field.name) == name);
            if let Some(field) = secret {
                let mut from: SecretRef = serde_json::from_value(value)
                    .map_err(|_| wrong(format!("`{name}` is `env: NAME` or `file: PATH`")))?;
                if let SecretRef::File(file) = &mut from {
                    *file = folder.join(&*file).display().to_string();
                }
                object.secrets.push((field.name.clone(), from));
                continue;
            }
            if kind.secrets().any(|field| field.name == name) {
                return Err(wrong(format!(
                    "a secret does not belong into a file: write `{}: {{env: NAME}}`",
                    Kind::reference(&name)
                )));
            }
            if !known.contains(&name) {
                return Err(wrong(format!(
                    "a {} has no `{name}`{}",
                    kind.name,
                    nearest(&name, &known)
                )));
            }
            object.spec.insert(name, value);
        }
        Ok(object)
    }

    /// What it is called among all.
    pub(crate) fn key(&self) -> (String, String, String) {
        (self.realm.clone(), self.kind.clone(), self.name.clone())
    }
}

/// The name that was probably meant.
fn nearest(name: &str, known: &[String]) -> String {
    let likeness = |other: &String| strsim::jaro_winkler(name, other);
    let best = known
        .iter()
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)))
        .filter(|other| likeness(other) > 0.8);
    best.map_or_else(String::new, |other| format!("; is `{other}` meant?"))
}
