//! The lists of the admin API and what each of them can be narrowed by.

/// A list, as it is asked for.
#[derive(Debug)]
pub(crate) struct List {
    /// Its path as the document has it, without the port's own beginning.
    pub(crate) path: &'static str,
    /// A parameter that is the same in all its queries.
    pub(crate) fixed: Option<(&'static str, &'static str)>,
    /// What it can be narrowed by besides.
    pub(crate) filters: &'static [&'static str],
    /// Where its pages begin.
    pub(crate) cursors: Cursors,
}

/// Where the pages of a list begin, besides its front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cursors {
    /// Nowhere: it is short in any house.
    None,
    /// Ids of people, made over a year.
    People,
    /// The same as holders of a role.
    Holders,
    /// The same, from the youngest to the oldest.
    PeopleBackwards,
    /// User names.
    Names,
    /// Ids of clients, which were made at once.
    Clients,
    /// Ids of what began within twenty days.
    Lately,
    /// Ids of what began within half a day.
    Today,
    /// Positions in the trail.
    Trail,
}

const EVENTS: &[&str] = &["action", "actor", "target", "outcome", "from", "to"];

/// Every list of the admin API that has pages.
pub(crate) const LISTS: [List; 19] = [
    List::new(
        "/realms/{realm}/users",
        &[
            "username",
            "username_prefix",
            "email",
            "email_prefix",
            "status",
            "created_after",
            "created_before",
        ],
        Cursors::People,
    ),
    List::new(
        "/realms/{realm}/users",
        &[
            "username",
            "email",
            "status",
            "created_after",
            "created_before",
        ],
        Cursors::PeopleBackwards,
    )
    .with("sort", "-created_at"),
    List::new(
        "/realms/{realm}/users",
        &["username_prefix"],
        Cursors::Names,
    )
    .with("sort", "username"),
    List::new(
        "/realms/{realm}/users",
        &["username_prefix"],
        Cursors::Names,
    )
    .with("sort", "-username"),
    List::new(
        "/realms/{realm}/users/{user}/sessions",
        &[],
        Cursors::Lately,
    ),
    List::new(
        "/realms/{realm}/sessions",
        &["user", "live"],
        Cursors::Lately,
    ),
    List::new(
        "/realms/{realm}/grants",
        &["user", "client_id", "session", "live"],
        Cursors::Lately,
    ),
    List::new(
        "/realms/{realm}/throttles",
        &["user", "address"],
        Cursors::Today,
    ),
    List::new(
        "/realms/{realm}/clients",
        &["client_id", "name", "enabled", "origin", "grant_type"],
        Cursors::Clients,
    ),
    List::new("/realms/{realm}/groups", &[], Cursors::None),
    List::new(
        "/realms/{realm}/groups/{group}/members",
        &[],
        Cursors::People,
    ),
    List::new("/realms/{realm}/roles", &[], Cursors::None),
    List::new(
        "/realms/{realm}/roles/{role}/holders",
        &[],
        Cursors::Holders,
    ),
    List::new("/realms/{realm}/apis", &[], Cursors::None),
    List::new("/realms/{realm}/scopes", &[], Cursors::None),
    List::new("/realms/{realm}/permissions", &[], Cursors::None),
    List::new("/realms", &[], Cursors::None),
    List::new("/realms/{realm}/audit", EVENTS, Cursors::Trail),
    List::new("/audit", EVENTS, Cursors::Trail),
];

impl List {
    const fn new(path: &'static str, filters: &'static [&'static str], cursors: Cursors) -> Self {
        Self {
            path,
            fixed: None,
            filters,
            cursors,
        }
    }

    const fn with(self, name: &'static str, value: &'static str) -> Self {
        Self {
            fixed: Some((name, value)),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;

    /// By path, what a list with pages can be narrowed and ordered by.
    fn documented() -> BTreeMap<String, BTreeSet<String>> {
        let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/admin.json");
        let document = std::fs::read_to_string(document).unwrap();
        let document: Value = serde_json::from_str(&document).unwrap();
        let mut lists = BTreeMap::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            let parameters = operations["get"]["parameters"].as_array();
            let mut names: BTreeSet<String> = parameters
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "query")
                .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
                .collect();
            if names.remove("cursor") && names.remove("limit") {
                let path = path.strip_prefix("/admin/v1").unwrap();
                lists.insert(path.to_owned(), names);
            }
        }
        lists
    }

    #[test]
    fn every_list_of_the_document_is_asked_with_every_filter_that_it_has() {
        let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for list in &LISTS {
            let names = asked.entry(list.path.to_owned()).or_default();
            let fixed = list.fixed.iter().map(|(name, _)| *name);
            names.extend(list.filters.iter().copied().chain(fixed).map(str::to_owned));
        }
        assert_eq!(asked, documented());
    }
}
