//! What belongs to a thing but is no field of it: the roles of a user, of a group, of a client.
//! Each is put there and taken away by an operation of its own.

use crate::document::{Document, Operation};

/// A sort of link.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// What has it.
    kind: &'static str,
    /// The name in a spec.
    pub(crate) name: &'static str,
    list: &'static str,
    add: &'static str,
    remove: &'static str,
    /// The field of a listed item that names it.
    pub(crate) item: &'static str,
}

const LINKS: &[Link] = &[Link {
    kind: "user",
    name: "roles",
    list: "list_user_roles",
    add: "assign_role",
    remove: "unassign_role",
    item: "name",
}];

/// The operations of a link.
pub(crate) struct Operations<'a> {
    /// What is there.
    pub(crate) list: &'a Operation,
    /// Puts one there.
    pub(crate) add: &'a Operation,
    /// Takes one away.
    pub(crate) remove: &'a Operation,
}

impl Link {
    /// The link of that name.
    pub(crate) fn of(kind: &str, name: &str) -> Option<&'static Self> {
        LINKS
            .iter()
            .find(|link| link.kind == kind && link.name == name)
    }

    /// All of a kind.
    pub(crate) fn all_of(kind: &str) -> impl Iterator<Item = &'static Self> {
        LINKS.iter().filter(move |link| link.kind == kind)
    }

    /// Its operations.
    pub(crate) fn operations<'a>(&self, document: &'a Document) -> Option<Operations<'a>> {
        Some(Operations {
            list: document.operation(self.list)?,
            add: document.operation(self.add)?,
            remove: document.operation(self.remove)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_of_operations_that_are_there() {
        let document = Document::compiled().unwrap();
        for link in LINKS {
            assert!(link.operations(&document).is_some(), "{link:?}");
        }
    }
}
