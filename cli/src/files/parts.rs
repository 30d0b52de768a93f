//! Documents of a thing that are read and replaced as a whole: the attributes that a realm's
//! users have. A spec names them like a field.

use serde_json::{Map, Value};

use super::compare::{Difference, compare};
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
}

const PARTS: &[Part] = &[Part {
    kind: "realm",
    name: "user_schema",
    read: "read_user_schema",
    write: "replace_user_schema",
}];

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

    /// What is there.
    pub(crate) fn there(&self, lodge: &Lodge<'_>, realm: &str) -> Result<Value, Fault> {
        let read = self.operation(lodge.document, self.read)?;
        lodge
            .admin
            .call(&Request::new("GET", &path(read, realm)))?
            .json()
    }

    /// Puts another in its place.
    pub(crate) fn put(&self, lodge: &Lodge<'_>, realm: &str, wanted: &Value) -> Result<(), Fault> {
        let write = self.operation(lodge.document, self.write)?;
        let mut request = Request::new(&write.method, &path(write, realm));
        let media = write.body.as_ref().map(|body| body.media.clone());
        request.body = Some((media.unwrap_or_default(), wanted.to_string().into_bytes()));
        lodge.admin.call(&request).map(|_| ())
    }

    /// What differs: all that is wanted, and what is there and not wanted.
    pub(crate) fn differences(
        &self,
        wanted: &Map<String, Value>,
        there: &Value,
    ) -> Vec<Difference> {
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
        for difference in &mut found {
            difference.path = format!("{}.{}", self.name, difference.path);
        }
        found
    }

    fn operation<'a>(&self, document: &'a Document, id: &str) -> Result<&'a Operation, Fault> {
        let found = document.operation(id);
        found.ok_or_else(|| Fault::Failed(format!("`{}` is not known here", self.name)))
    }
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
        let paths: Vec<&str> = found.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(
            paths,
            ["user_schema.attributes.c.type", "user_schema.attributes.b"]
        );
        let same = json!({"attributes": {"a": {"type": "string"}, "b": {}}});
        assert!(
            part.differences(same.as_object().unwrap(), &there)
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
