//! Documents of a thing that are not its fields: the attributes that a realm's users have,
//! which are read and replaced as a whole, when its keys change, and how its pages look. A spec
//! names them like a field.

use std::path::Path;

use serde_json::{Map, Value};

use super::compare::{Difference, compare};
use super::{key_schedule, theme};
use crate::document::{Document, Operation};
use crate::fault::Fault;
use crate::http::{Request, segment};
use crate::work::Lodge;

/// A sort of such documents.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    kind: &'static str,
    /// The name in a spec.
    pub(crate) name: &'static str,
    read: &'static str,
    write: &'static str,
    how: How,
}

/// What its operations do.
#[derive(Debug, PartialEq, Eq)]
enum How {
    /// Read it, and put another in its place.
    Document,
    /// List keys, and schedule one.
    KeySchedule,
    /// Read it, and put another in its place; its logo apart.
    Theme,
}

const PARTS: &[Part] = &[
    Part {
        kind: "realm",
        name: "user_schema",
        read: "read_user_schema",
        write: "replace_user_schema",
        how: How::Document,
    },
    Part {
        kind: "realm",
        name: "key_schedule",
        read: "list_keys",
        write: "update_key",
        how: How::KeySchedule,
    },
    Part {
        kind: "realm",
        name: "theme",
        read: "read_theme",
        write: "write_theme",
        how: How::Theme,
    },
];

impl Part {
    /// The part of that name.
    pub(crate) fn of(kind: &str, name: &str) -> Option<&'static Self> {
        PARTS
            .iter()
            .find(|part| part.kind == kind && part.name == name)
    }

    /// All of a kind.
    pub(crate) fn all_of(kind: &str) -> impl Iterator<Item = &'static Self> {
        PARTS.iter().filter(move |part| part.kind == kind)
    }

    /// What is wrong with what a file wants, if that can be told without asking anybody.
    pub(crate) fn fault_of(&self, wanted: &Map<String, Value>) -> Option<String> {
        match self.how {
            How::Document => None,
            How::KeySchedule => key_schedule::fault_of(wanted),
            How::Theme => theme::fault_of(wanted),
        }
    }

    /// With the files that it names seen from the file that names them.
    pub(crate) fn place(&self, wanted: &mut Map<String, Value>, folder: &Path) {
        if self.how == How::Theme {
            theme::place(wanted, folder);
        }
    }

    /// A file that belongs beside it, by its ending: a logo.
    pub(crate) fn file(
        &self,
        lodge: &Lodge<'_>,
        realm: &str,
        there: &Value,
    ) -> Result<Option<(&'static str, Vec<u8>)>, Fault> {
        match self.how {
            How::Theme => theme::logo(lodge, realm, there),
            How::Document | How::KeySchedule => Ok(None),
        }
    }

    /// What was read, as a file has it.
    pub(crate) fn written(&self, there: &Value) -> Value {
        match self.how {
            How::Document => there.clone(),
            How::KeySchedule => key_schedule::there(list(there)),
            How::Theme => theme::written(there),
        }
    }

    /// What is there, as it has to be compared.
    pub(crate) fn read(&self, lodge: &Lodge<'_>, realm: &str) -> Result<Value, Fault> {
        let read = self.operation(lodge.document, self.read)?;
        if self.how == How::KeySchedule {
            return key_schedule::keys(lodge, read, realm).map(Value::Array);
        }
        lodge
            .admin
            .call(&Request::new("GET", &path(read, realm)))?
            .json()
    }

    /// Makes it so.
    pub(crate) fn put(
        &self,
        lodge: &Lodge<'_>,
        realm: &str,
        wanted: &Map<String, Value>,
    ) -> Result<(), Fault> {
        let write = self.operation(lodge.document, self.write)?;
        if self.how == How::KeySchedule {
            let keys = self.read(lodge, realm)?;
            return key_schedule::put(lodge, write, realm, wanted, list(&keys));
        }
        if self.how == How::Theme {
            return theme::put(lodge, write, realm, wanted, &self.read(lodge, realm)?);
        }
        let wanted = Value::Object(wanted.clone());
        let mut request = Request::new(&write.method, &path(write, realm));
        let media = write.body.as_ref().map(|body| body.media.clone());
        request.body = Some((media.unwrap_or_default(), wanted.to_string().into_bytes()));
        lodge.admin.call(&request).map(|_| ())
    }

    /// What differs from what was read: all that is wanted, and of a document what is there and
    /// not wanted.
    pub(crate) fn differences(
        &self,
        wanted: &Map<String, Value>,
        there: &Value,
    ) -> Result<Vec<Difference>, Fault> {
        let mut found = match self.how {
            How::Document => replaced(wanted, there),
            How::KeySchedule => key_schedule::differences(wanted, list(there)),
            How::Theme => theme::differences(wanted, there)?,
        };
        for difference in &mut found {
            difference.path = format!("{}.{}", self.name, difference.path);
        }
        Ok(found)
    }

    fn operation<'a>(&self, document: &'a Document, id: &str) -> Result<&'a Operation, Fault> {
        let found = document.operation(id);
        found.ok_or_else(|| Fault::Failed(format!("`{}` is not known here", self.name)))
    }
}

/// What differs of a document whose members are named things.
fn replaced(wanted: &Map<String, Value>, there: &Value) -> Vec<Difference> {
    let (mut found, _) = compare(wanted, there, &[]);
    for (name, value) in there.as_object().into_iter().flatten() {
        for (inner, value) in value.as_object().into_iter().flatten() {
            if wanted
                .get(name)
                .is_none_or(|wanted| wanted.get(inner).is_none())
            {
                found.push(Difference {
                    path: format!("{name}.{inner}"),
                    from: value.clone(),
                    to: Value::Null,
                });
            }
        }
    }
    found
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[][..], Vec::as_slice)
}

fn path(operation: &Operation, realm: &str) -> String {
    operation.path.replace("{realm}", &segment(realm))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_wanted_is_a_difference_too() {
        let part = Part::of("realm", "user_schema").unwrap();
        let there = json!({"attributes": {
            "a": {"type": "string", "required": false}, "b": {"type": "integer"},
        }});
        let wanted = json!({"attributes": {"a": {"type": "string"}, "c": {"type": "date"}}});
        let found = part.differences(wanted.as_object().unwrap(), &there);
        let found = found.unwrap();
        let paths: Vec<&str> = found.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(
            paths,
            ["user_schema.attributes.c.type", "user_schema.attributes.b"]
        );
        let same = json!({"attributes": {"a": {"type": "string"}, "b": {}}});
        assert!(
            part.differences(same.as_object().unwrap(), &there)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn parts_are_of_operations_that_are_there() {
        let document = Document::compiled().unwrap();
        for part in PARTS {
            assert!(part.operation(&document, part.read).is_ok());
            assert!(part.operation(&document, part.write).is_ok());
        }
    }
}
