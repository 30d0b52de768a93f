//! `lodge <resource> <verb>`: which resources there are, and what can be done with each.
//!
//! All of it comes from the document: the collection in an operation's path is the resource,
//! its id gives the verb, and the table only adds words where those are not the best. So a new
//! operation of the server is a new command here, and a test fails where two of them would
//! bear the same name.

mod naming;
mod natural;
mod table;

use std::collections::BTreeMap;

use crate::document::{Answer, Document, Operation};
pub(crate) use natural::{Natural, is_id, natural, natural_field};
pub(crate) use table::{columns, identity};

/// What a verb does, as far as the command line cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Pages of items.
    List,
    /// One thing.
    Get,
    /// Makes one, which is shown.
    Create,
    /// Changes one (RFC 7396).
    Update,
    /// Removes or ends one.
    Delete,
    /// Lines of JSON, sent from a file.
    Upload,
    /// A file as it is.
    Send,
    /// A text, written as it comes.
    Download,
    /// Events as they happen.
    Tail,
    /// Anything else.
    Do,
}

/// A resource.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Its name, in the singular.
    pub(crate) name: String,
    /// One sentence.
    pub(crate) about: String,
    /// What can be done with it, by name.
    pub(crate) verbs: BTreeMap<String, Verb>,
}

/// Something that can be done with a resource.
#[derive(Debug, Clone)]
pub(crate) struct Verb {
    /// Other names for it.
    pub(crate) aliases: &'static [&'static str],
    /// What the document says of it.
    pub(crate) about: String,
    /// What it does.
    pub(crate) kind: Kind,
    /// The operation for the whole house, by id.
    pub(crate) everywhere: Option<String>,
    /// The operation within one realm, by id.
    pub(crate) in_realm: Option<String>,
    /// Fields that it sets by itself, with their JSON.
    pub(crate) preset: &'static [(&'static str, &'static str)],
}

impl Verb {
    fn new(operation: &Operation) -> Self {
        let mut verb = Self {
            aliases: &[],
            about: table::told(operation),
            kind: kind(operation),
            everywhere: None,
            in_realm: None,
            preset: &[],
        };
        verb.add(operation);
        verb
    }

    fn add(&mut self, operation: &Operation) {
        let place = if naming::is_within_realm(operation) {
            &mut self.in_realm
        } else {
            &mut self.everywhere
        };
        *place = Some(operation.id.clone());
    }

    fn has_room_for(&self, operation: &Operation) -> bool {
        let place = if naming::is_within_realm(operation) {
            &self.in_realm
        } else {
            &self.everywhere
        };
        place.is_none() && self.kind == kind(operation)
    }

    /// The operation whose parameters describe it best.
    pub(crate) fn main(&self) -> &str {
        self.in_realm
            .as_deref()
            .or(self.everywhere.as_deref())
            .unwrap_or_default()
    }
}

/// What sort of verb an operation makes.
fn kind(operation: &Operation) -> Kind {
    let takes = |media: &str| {
        let body = operation.body.as_ref();
        body.is_some_and(|body| body.media.contains(media))
    };
    match (operation.method.as_str(), &operation.answer) {
        _ if takes("ndjson") => Kind::Upload,
        _ if takes("octet-stream") => Kind::Send,
        (_, Answer::Page(_)) => Kind::List,
        (_, Answer::Events) => Kind::Tail,
        (_, Answer::Text) => Kind::Download,
        ("GET", _) => Kind::Get,
        ("PATCH", _) => Kind::Update,
        ("DELETE", _) => Kind::Delete,
        ("POST", _) if operation.is_creation() => Kind::Create,
        _ => Kind::Do,
    }
}

/// Every resource, in the order of their names, and the operations that found no name of their
/// own: none, or a test fails.
pub(crate) fn resources(document: &Document) -> (Vec<Resource>, Vec<String>) {
    let mut found: BTreeMap<String, Resource> = BTreeMap::new();
    let mut nameless = Vec::new();
    for operation in document.operations() {
        let (resource, verb) = table::names(operation);
        let place = found.entry(resource.clone()).or_insert_with(|| Resource {
            about: table::about(&resource),
            name: resource,
            verbs: BTreeMap::new(),
        });
        match place.verbs.get_mut(&verb) {
            None => {
                let mut made = Verb::new(operation);
                made.aliases = table::aliases(&operation.id);
                place.verbs.insert(verb, made);
            }
            Some(twin) if twin.has_room_for(operation) => twin.add(operation),
            Some(_) => nameless.push(operation.id.clone()),
        }
    }
    for shortcut in table::SHORTCUTS {
        let operation = document.operation(shortcut.operation);
        let place = found.get_mut(shortcut.resource);
        if let (Some(operation), Some(place)) = (operation, place) {
            let mut verb = Verb::new(operation);
            shortcut.about.clone_into(&mut verb.about);
            verb.preset = shortcut.preset;
            place.verbs.insert(shortcut.verb.to_owned(), verb);
        }
    }
    add_tail(&mut found);
    (found.into_values().collect(), nameless)
}

/// A server that has no stream of its trail is asked again and again.
fn add_tail(found: &mut BTreeMap<String, Resource>) {
    let Some(audit) = found.get_mut("audit") else {
        return;
    };
    if let (Some(list), None) = (audit.verbs.get("list"), audit.verbs.get("tail")) {
        let mut tail = list.clone();
        tail.kind = Kind::Tail;
        tail.aliases = &[];
        "Shows what happens, as it happens.".clone_into(&mut tail.about);
        audit.verbs.insert("tail".to_owned(), tail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_document_can_be_called_by_a_name_of_its_own() {
        let document = Document::compiled().unwrap();
        let (resources, nameless) = resources(&document);
        assert!(
            nameless.is_empty(),
            "give these a name in cli/src/resources/table.rs: {nameless:?}"
        );
        let mut reached: Vec<&str> = resources
            .iter()
            .flat_map(|resource| resource.verbs.values())
            .flat_map(|verb| [verb.everywhere.as_deref(), verb.in_realm.as_deref()])
            .flatten()
            .collect();
        reached.sort_unstable();
        reached.dedup();
        let mut all: Vec<&str> = document
            .operations()
            .iter()
            .map(|operation| operation.id.as_str())
            .collect();
        all.sort_unstable();
        assert_eq!(reached, all);
    }

    #[test]
    fn resources_are_named_as_people_say_them() {
        let document = Document::compiled().unwrap();
        let (resources, _) = resources(&document);
        for (resource, verbs) in [
            (
                "user",
                &[
                    "list",
                    "get",
                    "create",
                    "update",
                    "delete",
                    "roles",
                    "set-password",
                ][..],
            ),
            (
                "client",
                &["list", "get", "create", "update", "delete", "add-secret"],
            ),
            ("realm", &["list", "get", "create", "update", "delete"]),
            ("api", &["list", "get", "create", "update", "delete"]),
            ("scope", &["list", "get", "create", "update", "delete"]),
            ("permission", &["list", "get", "create", "update", "delete"]),
            (
                "role",
                &["list", "get", "create", "update", "delete", "include"],
            ),
            (
                "group",
                &["list", "get", "create", "update", "delete", "members"],
            ),
            ("session", &["list", "get", "end"]),
            ("grant", &["list", "get", "end"]),
            ("key", &["list", "get", "create", "update", "rotate"]),
            ("audit", &["list", "get", "export", "verify", "tail"]),
        ] {
            let found = resources.iter().find(|one| one.name == resource).unwrap();
            for verb in verbs {
                assert!(
                    found.verbs.contains_key(*verb),
                    "{resource} {verb}: {:?}",
                    found.verbs.keys()
                );
            }
            assert!(!found.about.is_empty(), "{resource}");
        }
        let audit = resources.iter().find(|one| one.name == "audit").unwrap();
        let list = &audit.verbs["list"];
        assert_eq!(list.everywhere.as_deref(), Some("list_audit"));
        assert_eq!(list.in_realm.as_deref(), Some("list_realm_audit"));
    }
}
