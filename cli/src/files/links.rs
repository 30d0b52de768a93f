//! What belongs to a thing but is no field of it: the roles of a user, of a group, of a client.
//! Each is put there and taken away by an operation of its own.
//!
//! Who holds a role also holds the roles that it includes, and those of their groups, and some
//! lists name all of them. What is explained in such a way is left alone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::document::{Document, Operation};
use crate::fault::Fault;
use crate::http::{Request, segment};
use crate::work::{Lodge, pages};

/// A sort of link.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// What has it; also the placeholder that names it.
    kind: &'static str,
    /// The name in a spec.
    pub(crate) name: &'static str,
    /// The list of what is there; without one the thing itself tells, in a field of that name.
    list: Option<&'static str>,
    /// Whether the list also names what comes by inclusion or through a group.
    inherits: bool,
    add: &'static str,
    remove: &'static str,
    /// The placeholder of what is linked.
    other: &'static str,
}

const LINKS: &[Link] = &[
    Link {
        kind: "role",
        name: "includes",
        list: None,
        inherits: false,
        add: "include_role",
        remove: "exclude_role",
        other: "included",
    },
    Link {
        kind: "group",
        name: "roles",
        list: Some("list_group_roles"),
        inherits: false,
        add: "assign_group_role",
        remove: "unassign_group_role",
        other: "role",
    },
    Link {
        kind: "client",
        name: "roles",
        list: Some("list_client_roles"),
        inherits: true,
        add: "assign_client_role",
        remove: "unassign_client_role",
        other: "role",
    },
    Link {
        kind: "user",
        name: "groups",
        list: Some("list_user_groups"),
        inherits: false,
        add: "add_member",
        remove: "remove_member",
        other: "group",
    },
    Link {
        kind: "user",
        name: "roles",
        list: Some("list_user_roles"),
        inherits: true,
        add: "assign_role",
        remove: "unassign_role",
        other: "role",
    },
];

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

    /// What puts one there.
    pub(crate) fn adds<'a>(&self, document: &'a Document) -> Option<&'a Operation> {
        document.operation(self.add)
    }

    /// What takes one away.
    pub(crate) fn removes<'a>(&self, document: &'a Document) -> Option<&'a Operation> {
        document.operation(self.remove)
    }

    /// The path of one of its operations, for a thing and what it is linked with.
    pub(crate) fn path(
        &self,
        operation: &Operation,
        realm: &str,
        own: &str,
        other: &str,
    ) -> String {
        operation
            .path
            .replace("{realm}", &segment(realm))
            .replace(&format!("{{{}}}", self.kind), &segment(own))
            .replace(&format!("{{{}}}", self.other), &segment(other))
    }
}

/// Reads what is linked, and remembers which roles include which.
pub(crate) struct Links<'a> {
    lodge: &'a Lodge<'a>,
    inclusions: RefCell<HashMap<String, BTreeMap<String, Vec<String>>>>,
}

impl<'a> Links<'a> {
    /// Of a server.
    pub(crate) fn new(lodge: &'a Lodge<'a>) -> Self {
        Self {
            lodge,
            inclusions: RefCell::new(HashMap::new()),
        }
    }

    /// What a thing is linked with, whatever the reason. `own` is the thing in paths, `item` as
    /// the server shows it.
    pub(crate) fn there(
        &self,
        link: &Link,
        realm: &str,
        own: &str,
        item: &Value,
    ) -> Result<Vec<String>, Fault> {
        let Some(list) = link.list else {
            return Ok(texts(&item[link.name]));
        };
        let Some(operation) = self.lodge.document.operation(list) else {
            return Ok(Vec::new());
        };
        let request = Request::new("GET", &link.path(operation, realm, own, ""));
        self.names(operation, &request)
    }

    /// Of what is there beyond what is wanted, that which is neither included in what is wanted
    /// nor comes through a group.
    pub(crate) fn unexplained(
        &self,
        link: &Link,
        realm: &str,
        own: &str,
        there: &[String],
        wanted: &[String],
    ) -> Result<Vec<String>, Fault> {
        let beyond = || there.iter().filter(|name| !wanted.contains(name));
        if !link.inherits || beyond().next().is_none() {
            return Ok(beyond().cloned().collect());
        }
        let mut reasons: Vec<String> = wanted.to_vec();
        if link.kind == "user" {
            reasons.extend(self.through_groups(realm, own)?);
        }
        let explained = closure(&self.inclusions(realm)?, &reasons);
        Ok(beyond()
            .filter(|name| !explained.contains(*name))
            .cloned()
            .collect())
    }

    /// What was put there itself, as far as that can be told: what is included in something
    /// else that is there, or comes through a group, is left out.
    pub(crate) fn own(
        &self,
        link: &Link,
        realm: &str,
        own: &str,
        item: &Value,
    ) -> Result<Vec<String>, Fault> {
        let there = self.there(link, realm, own, item)?;
        if !link.inherits {
            return Ok(there);
        }
        let inclusions = self.inclusions(realm)?;
        let through = if link.kind == "user" {
            closure(&inclusions, &self.through_groups(realm, own)?)
        } else {
            BTreeSet::new()
        };
        let included = |name: &String| {
            let mut others = there.iter().filter(|other| *other != name);
            others.any(|other| closure(&inclusions, std::slice::from_ref(other)).contains(name))
        };
        let own = there
            .iter()
            .filter(|name| !through.contains(*name) && !included(name));
        Ok(own.cloned().collect())
    }

    /// The roles of a user's groups.
    fn through_groups(&self, realm: &str, own: &str) -> Result<Vec<String>, Fault> {
        let mut roles = Vec::new();
        let (Some(groups), Some(of_group)) =
            (Link::of("user", "groups"), Link::of("group", "roles"))
        else {
            return Ok(roles);
        };
        for group in self.there(groups, realm, own, &Value::Null)? {
            roles.extend(self.there(of_group, realm, &group, &Value::Null)?);
        }
        Ok(roles)
    }

    fn inclusions(&self, realm: &str) -> Result<BTreeMap<String, Vec<String>>, Fault> {
        if let Some(known) = self.inclusions.borrow().get(realm) {
            return Ok(known.clone());
        }
        let mut found = BTreeMap::new();
        if let Some(list) = self.lodge.document.operation("list_roles") {
            let path = list.path.replace("{realm}", &segment(realm));
            let request = Request::new("GET", &path);
            pages(&self.lodge.admin, list, &request, None, &mut |items| {
                for item in items {
                    if let Some(name) = item["name"].as_str() {
                        found.insert(name.to_owned(), texts(&item["includes"]));
                    }
                }
                Ok(())
            })?;
        }
        self.inclusions
            .borrow_mut()
            .insert(realm.to_owned(), found.clone());
        Ok(found)
    }

    fn names(&self, operation: &Operation, request: &Request) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        pages(&self.lodge.admin, operation, request, None, &mut |items| {
            let names = items.iter().filter_map(|item| item["name"].as_str());
            found.extend(names.map(str::to_owned));
            Ok(())
        })?;
        Ok(found)
    }
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Roles with all that they include.
fn closure(inclusions: &BTreeMap<String, Vec<String>>, roles: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left: Vec<String> = roles.to_vec();
    while let Some(role) = left.pop() {
        let further = inclusions.get(&role).cloned().unwrap_or_default();
        if found.insert(role) {
            left.extend(further);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_of_operations_that_are_there() {
        let document = Document::compiled().unwrap();
        for link in LINKS {
            assert!(link.adds(&document).is_some(), "{link:?}");
            assert!(link.removes(&document).is_some(), "{link:?}");
            let list = link.list.map(|list| document.operation(list).is_some());
            assert_ne!(list, Some(false), "{link:?}");
        }
        let link = Link::of("user", "groups").unwrap();
        let path = link.path(link.adds(&document).unwrap(), "acme", "id", "a/b");
        assert_eq!(path, "/admin/v1/realms/acme/groups/a%2Fb/members/id");
    }

    #[test]
    fn what_is_included_is_followed_to_its_end() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|one| (*one).to_owned())
                .collect::<Vec<_>>()
        };
        let inclusions = BTreeMap::from([
            ("a".to_owned(), names(&["b"])),
            ("b".to_owned(), names(&["c", "a"])),
        ]);
        let all: Vec<String> = closure(&inclusions, &names(&["a"])).into_iter().collect();
        assert_eq!(all, names(&["a", "b", "c"]));
    }
}
