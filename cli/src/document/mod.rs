//! The admin API's own OpenAPI document, compiled in: which operations there are, and what
//! parameters, filters and body fields they take.
//!
//! It is read at every start, so only its outline is: members are kept as text until a command
//! needs them.

mod operation;
mod schema;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub(crate) use operation::{Answer, Operation, Parameter, Place};
pub(crate) use schema::{Field, Shape, is_row_id};

/// The document of the server of the same version.
const TEXT: &str = include_str!("../../../openapi/admin.json");
/// What belongs to the admin API on its port.
const ADMIN: &str = "/admin/v1/";

type Named<T> = BTreeMap<String, T>;

#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow)]
    paths: Named<Named<&'a RawValue>>,
    #[serde(borrow)]
    components: Components<'a>,
}

#[derive(Deserialize)]
struct Components<'a> {
    #[serde(borrow)]
    schemas: Named<&'a RawValue>,
}

/// The document.
pub(crate) struct Document {
    operations: Vec<Operation>,
    schemas: Named<&'static RawValue>,
}

impl Document {
    /// The one that was compiled in.
    pub(crate) fn compiled() -> Result<Self, serde_json::Error> {
        Self::read(TEXT)
    }

    fn read(text: &'static str) -> Result<Self, serde_json::Error> {
        let outline: Outline<'static> = serde_json::from_str(text)?;
        let mut operations = Vec::new();
        for (path, methods) in outline.paths {
            if !path.starts_with(ADMIN) {
                continue;
            }
            for (method, raw) in methods {
                operations.push(Operation::read(&method, &path, raw)?);
            }
        }
        Ok(Self {
            operations,
            schemas: outline.components.schemas,
        })
    }

    /// Every operation of the admin API, by path.
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// One operation.
    pub(crate) fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|one| one.id == id)
    }

    /// The operation of that method on the same path.
    pub(crate) fn sibling(&self, of: &Operation, method: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|one| one.path == of.path && one.method == method)
    }

    /// A schema with its first references followed.
    pub(crate) fn resolved(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        for _ in 0..8 {
            let Some(name) = schema["$ref"].as_str() else {
                break;
            };
            let name = name.rsplit('/').next().unwrap_or_default();
            let found = self.schemas.get(name).map(|raw| raw.get());
            schema = found
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or(Value::Null);
        }
        schema
    }

    /// What a value of a schema looks like.
    pub(crate) fn shape(&self, schema: &Value) -> Shape {
        schema::shape(self, schema)
    }

    /// The fields of an object's schema.
    pub(crate) fn fields(&self, schema: &Value) -> Vec<Field> {
        match self.shape(schema) {
            Shape::Record(fields) => fields,
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_document_is_read() {
        let document = Document::compiled().unwrap();
        assert!(document.operations().len() > 25);
        let create = document.operation("create_user").unwrap();
        assert_eq!(
            (create.method.as_str(), create.is_creation()),
            ("POST", true)
        );
        let body = create.body.as_ref().unwrap();
        let fields = document.fields(&body.schema);
        let username = fields.iter().find(|one| one.name == "username").unwrap();
        assert!(username.required);
        let password = fields.iter().find(|one| one.name == "password").unwrap();
        assert_eq!(
            password.shape,
            Shape::Text {
                secret: true,
                choices: Vec::new()
            }
        );
        let list = document.operation("list_users").unwrap();
        assert!(matches!(list.answer, Answer::Page(_)));
        let read = document.operation("read_user").unwrap();
        assert!(matches!(read.answer, Answer::One(_)));
        assert_eq!(document.sibling(read, "PATCH").unwrap().id, "update_user");
    }
}
