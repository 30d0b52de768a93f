//! What can be in a file: every collection of the document that can be listed, made, changed
//! and deleted, in an order in which nothing is made before what it needs.
//!
//! Most are made by POST and changed by PATCH. Some, the texts of mails, are always there and
//! are written over by PUT; deleting such a thing brings what is built in back.

use serde_json::Value;

use crate::document::{Document, Field, Operation, Place, Shape};
use crate::fault::Fault;
use crate::http::segment;
use crate::resources::{Natural, natural};

/// A sort of thing.
#[derive(Debug)]
pub(crate) struct Kind<'a> {
    /// Its name: that of the resource.
    pub(crate) name: &'static str,
    /// The fields that tell one from another; joined by `/` they are the `name` of a document.
    pub(crate) identity: &'static [&'static str],
    /// Whether `apply --prune` may delete it.
    pub(crate) prunable: bool,
    /// Links to others of the same kind, which are made first.
    pub(crate) after: &'static [&'static str],
    /// The list.
    pub(crate) list: &'a Operation,
    /// Reads one.
    pub(crate) read: &'a Operation,
    /// Makes one; where things are written over, the same as `update`.
    pub(crate) create: &'a Operation,
    /// Changes one.
    pub(crate) update: &'a Operation,
    /// Fields with which one is made.
    pub(crate) made_with: Vec<Field>,
    /// Fields that can be changed.
    pub(crate) changed_with: Vec<Field>,
}

struct Row {
    name: &'static str,
    identity: &'static [&'static str],
    collection: &'static str,
    prunable: bool,
    after: &'static [&'static str],
}

const fn row(
    name: &'static str,
    identity: &'static [&'static str],
    collection: &'static str,
    prunable: bool,
    after: &'static [&'static str],
) -> Row {
    Row {
        name,
        identity,
        collection,
        prunable,
        after,
    }
}

/// In the order in which they are made.
const ROWS: &[Row] = &[
    row("realm", &["slug"], "/admin/v1/realms", false, &[]),
    row(
        "api",
        &["identifier"],
        "/admin/v1/realms/{realm}/apis",
        true,
        &[],
    ),
    row(
        "permission",
        &["name"],
        "/admin/v1/realms/{realm}/permissions",
        true,
        &[],
    ),
    row(
        "scope",
        &["name"],
        "/admin/v1/realms/{realm}/scopes",
        true,
        &[],
    ),
    row(
        "role",
        &["name"],
        "/admin/v1/realms/{realm}/roles",
        true,
        &["includes"],
    ),
    row(
        "group",
        &["name"],
        "/admin/v1/realms/{realm}/groups",
        true,
        &[],
    ),
    row(
        "client",
        &["client_id"],
        "/admin/v1/realms/{realm}/clients",
        true,
        &[],
    ),
    row(
        "mail-template",
        &["name", "language"],
        "/admin/v1/realms/{realm}/mail-templates",
        true,
        &[],
    ),
    row(
        "user",
        &["username"],
        "/admin/v1/realms/{realm}/users",
        false,
        &[],
    ),
];

/// Every kind that the server knows, in the order in which they are made.
pub(crate) fn kinds(document: &Document) -> Vec<Kind<'_>> {
    ROWS.iter().filter_map(|row| kind(document, row)).collect()
}

fn kind<'a>(document: &'a Document, row: &Row) -> Option<Kind<'a>> {
    let at = |method: &str, path: &str| {
        let found = document.operations().iter();
        found
            .into_iter()
            .find(|one| one.method == method && one.path == path)
    };
    let list = at("GET", row.collection)?;
    // The item's own path has a placeholder for each field of its identity, and nothing else.
    let of_item = |method: &str| {
        document.operations().iter().find(|one| {
            let below = one.path.strip_prefix(row.collection);
            let own = below.and_then(|below| below.strip_prefix('/'));
            let is_item = own.is_some_and(|own| {
                own.split('/').count() == row.identity.len()
                    && own.split('/').all(|part| part.starts_with('{'))
            });
            one.method == method && is_item
        })
    };
    let item = of_item("PATCH").or_else(|| of_item("PUT"))?;
    let create = at("POST", row.collection).unwrap_or(item);
    let fields = |operation: &Operation| {
        let body = operation.body.as_ref();
        body.map(|body| document.fields(&body.schema))
            .unwrap_or_default()
    };
    Some(Kind {
        name: row.name,
        identity: row.identity,
        prunable: row.prunable && document.sibling(item, "DELETE").is_some(),
        after: row.after,
        list,
        read: document.sibling(item, "GET")?,
        create,
        update: item,
        made_with: fields(create),
        changed_with: fields(item),
    })
}

impl Kind<'_> {
    /// The path of one of them.
    pub(crate) fn path(&self, realm: &str, key: &str) -> String {
        let mut path = match self.name {
            "realm" => self.read.path.clone(),
            _ => self.read.path.replace("{realm}", &segment(realm)),
        };
        let all: Vec<&str> = self.read.placeholders().collect();
        let own = all.len().saturating_sub(self.identity.len());
        let keys = key.splitn(self.identity.len(), '/');
        for (name, key) in all.iter().skip(own).zip(keys) {
            path = path.replace(&format!("{{{name}}}"), &segment(key));
        }
        path
    }

    /// What one of them is called in a file.
    pub(crate) fn name_of(&self, item: &Value) -> Option<String> {
        let parts = self.identity.iter().map(|field| item[*field].as_str());
        Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
    }

    /// Whether a name has the parts that it needs.
    pub(crate) fn takes_name(&self, name: &str) -> bool {
        let parts = name.splitn(self.identity.len(), '/');
        parts.filter(|part| !part.is_empty()).count() == self.identity.len()
    }

    /// Whether one is always there, as it is built in or as somebody wrote it over.
    pub(crate) fn is_written_over(&self) -> bool {
        self.create.id == self.update.id
    }

    /// How its name is turned into the id that paths want, where they do.
    pub(crate) fn by_id(&self, document: &Document) -> Option<Natural> {
        let own = self.read.placeholders().last()?;
        let mut parameters = self.read.parameters_in(Place::Path);
        natural(document, parameters.find(|one| one.name == own)?)
    }

    /// Every field that one can have, those that can be changed first.
    pub(crate) fn fields(&self) -> Vec<Field> {
        self.changed_with
            .iter()
            .chain(&self.made_with)
            .cloned()
            .collect()
    }

    /// One of its fields.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        let mut all = self.made_with.iter().chain(&self.changed_with);
        all.find(|field| field.name == name)
    }

    /// Fields that hold a secret, which can only be given when one is made.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Field> {
        self.made_with
            .iter()
            .filter(|field| matches!(field.shape, Shape::Text { secret: true, .. }))
    }

    /// How a file says where a secret is: `client_secret` by `secret_from`, `password` by
    /// `password_from`.
    pub(crate) fn reference(field: &str) -> String {
        format!("{}_from", field.strip_prefix("client_").unwrap_or(field))
    }

    /// The names that a spec may have, besides links.
    pub(crate) fn names(&self) -> Vec<String> {
        let plain = |field: &Field| match field.shape {
            Shape::Text { secret: true, .. } => Self::reference(&field.name),
            _ => field.name.clone(),
        };
        let mut names: Vec<String> = self
            .made_with
            .iter()
            .chain(&self.changed_with)
            .map(plain)
            .filter(|name| !self.identity.contains(&name.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The kind of that name.
pub(crate) fn find<'a, 'b>(kinds: &'b [Kind<'a>], name: &str) -> Result<&'b Kind<'a>, Fault> {
    kinds.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let known: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
        Fault::Usage(format!(
            "there is no kind `{name}`; there are {}",
            known.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_managed_is_found_in_the_document() {
        let document = Document::compiled().unwrap();
        let kinds = kinds(&document);
        for (name, update) in [
            ("realm", "update_realm"),
            ("client", "update_client"),
            ("user", "update_user"),
            ("mail-template", "write_mail_template"),
        ] {
            assert_eq!(find(&kinds, name).unwrap().update.id, update);
        }
        let mail = find(&kinds, "mail-template").unwrap();
        assert!(mail.is_written_over());
        assert_eq!(
            mail.path("acme", "password_reset/en"),
            "/admin/v1/realms/acme/mail-templates/password_reset/en"
        );
        let takes = |name: &str| mail.takes_name(name);
        assert_eq!(
            ["a/en", "a", "a/", "/en"].map(takes),
            [true, false, false, false]
        );
        let client = find(&kinds, "client").unwrap();
        assert!(!client.is_written_over() && client.takes_name("https://a.example/b"));
        assert_eq!(
            client.path("acme", "a/b"),
            "/admin/v1/realms/acme/clients/a%2Fb"
        );
        let names = client.names();
        assert!(names.contains(&"secret_from".to_owned()), "{names:?}");
        assert!(!names.contains(&"client_secret".to_owned()));
        assert!(!names.contains(&"client_id".to_owned()));
        assert!(
            find(&kinds, "user")
                .unwrap()
                .names()
                .contains(&"password_from".to_owned())
        );
    }
}
