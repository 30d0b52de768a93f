//! Names that people use in the place of row ids: a user by user name, a group by name.
//!
//! Only a parameter whose schema is a row id is looked up. One that is a name already (a role,
//! a client's `client_id`) goes into the path as it is.

use crate::document::{Document, Field, Operation, Parameter, is_row_id};

/// How a name is turned into an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Natural {
    /// The list to look in, by operation id.
    pub(crate) list: &'static str,
    /// The filter that narrows it, where there is one.
    pub(crate) filter: &'static str,
    /// The field that holds the name.
    pub(crate) field: &'static str,
}

const NAMES: &[(&str, Natural)] = &[
    ("user", by("list_users", "username")),
    ("api", by("list_apis", "identifier")),
    ("role", by("list_roles", "name")),
    ("group", by("list_groups", "name")),
    ("key", by("list_keys", "kid")),
];

const fn by(list: &'static str, field: &'static str) -> Natural {
    Natural {
        list,
        filter: field,
        field,
    }
}

/// Whether a text is a row id.
pub(crate) fn is_id(text: &str) -> bool {
    let mut letters = text.bytes();
    text.len() == 26
        && letters
            .next()
            .is_some_and(|first| (b'a'..=b'h').contains(&first))
        && letters.all(|one| one.is_ascii_lowercase() || (b'2'..=b'7').contains(&one))
}

/// How a parameter's value is looked up, if it is.
pub(crate) fn natural(document: &Document, parameter: &Parameter) -> Option<Natural> {
    named(document, &parameter.name, is_row_id(&parameter.schema))
}

/// How a field's value is looked up, if it is.
pub(crate) fn natural_field(document: &Document, field: &Field) -> Option<Natural> {
    named(document, &field.name, field.is_row_id)
}

fn named(document: &Document, what: &str, is_row_id: bool) -> Option<Natural> {
    let (_, natural) = NAMES.iter().find(|(name, _)| *name == what)?;
    let list = document.operation(natural.list)?;
    (is_row_id && answers_ids(document, list, natural)).then_some(*natural)
}

fn answers_ids(document: &Document, list: &Operation, natural: &Natural) -> bool {
    let crate::document::Answer::Page(page) = &list.answer else {
        return false;
    };
    let items = document
        .fields(page)
        .into_iter()
        .find(|field| field.name == "items");
    let Some(crate::document::Shape::List(item)) = items.map(|field| field.shape) else {
        return false;
    };
    let crate::document::Shape::Record(fields) = *item else {
        return false;
    };
    ["id", natural.field]
        .iter()
        .all(|name| fields.iter().any(|field| field.name == *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_told_from_a_name() {
        assert!(is_id("aglzdq7eht24jbnz3q6xkfzcwm"));
        for name in [
            "ada",
            "zglzdq7eht24jbnz3q6xkfzcwm",
            "aglzdq7eht24jbnz3q6xkfzcwM",
        ] {
            assert!(!is_id(name), "{name}");
        }
    }

    #[test]
    fn a_user_is_looked_up_and_a_client_is_not() {
        let document = Document::compiled().unwrap();
        let first = |id: &str, name: &str| {
            let operation = document.operation(id).unwrap();
            let parameter = operation.parameters.iter().find(|one| one.name == name);
            natural(&document, parameter.unwrap())
        };
        assert_eq!(first("read_user", "user").unwrap().field, "username");
        assert_eq!(first("list_sessions", "user").unwrap().list, "list_users");
        assert_eq!(first("read_client", "client"), None);
    }
}
