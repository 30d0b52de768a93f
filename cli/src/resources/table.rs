//! Words that the document does not have: what a resource is, which columns a table shows,
//! better names for some verbs, and shortcuts for common changes.

use super::naming::derived;
use crate::document::{Field, Operation, Shape};

/// A verb that is a change with fixed fields.
#[derive(Debug)]
pub(super) struct Shortcut {
    pub(super) resource: &'static str,
    pub(super) verb: &'static str,
    pub(super) operation: &'static str,
    pub(super) about: &'static str,
    pub(super) preset: &'static [(&'static str, &'static str)],
}

const ABOUT: &[(&str, &str)] = &[
    ("api", "APIs that tokens are for"),
    ("audit", "The audit trail: what was done, by whom"),
    ("client", "Clients: applications and machines"),
    ("grant", "Grants: what users let clients do"),
    ("group", "Groups of users"),
    ("key", "Signing keys"),
    ("mail", "Whether and how mail is sent"),
    ("mail-template", "Texts of mails"),
    ("permission", "Permissions that roles are made of"),
    (
        "realm",
        "Realms: each with its own users, clients, keys and issuer",
    ),
    ("revocation", "Revocations of tokens"),
    ("role", "Roles"),
    ("scope", "Scopes that clients may ask for"),
    ("session", "Sessions: browsers that are signed in"),
    ("theme", "How the pages and mails of a realm look"),
    ("throttle", "Delays after failed sign-ins"),
    ("user", "Users, their passwords, roles and factors"),
];

/// Operations with a better name than theirs.
const RENAMED: &[(&str, &str, &str)] = &[
    ("create_secret", "client", "add-secret"),
    ("delete_secret", "client", "remove-secret"),
    ("read_user_schema", "user", "schema"),
    ("replace_user_schema", "user", "replace-schema"),
    ("test_mail", "mail", "test"),
];

/// Operations of which the document does not say enough for a list of verbs.
const TOLD: &[(&str, &str)] = &[
    (
        "export_audit",
        "Writes the trail, one JSON object a line; of every realm, or of --realm.",
    ),
    (
        "list_audit",
        "Reads the trail, newest first; of every realm, or of --realm.",
    ),
    (
        "replace_user_schema",
        "Replaces what the realm keeps of its users. Nobody is touched: a user's attributes are \
         held against it the next time they are written.",
    ),
    (
        "stream_audit",
        "Shows what happens, as it happens; in every realm, or in --realm.",
    ),
];

const ALIASES: &[(&str, &[&str])] = &[
    ("end_session", &["delete"]),
    ("end_grant", &["delete"]),
    ("create_secret", &["create-secret"]),
    ("delete_secret", &["delete-secret"]),
    ("list_audit", &["query"]),
];

pub(super) const SHORTCUTS: &[Shortcut] = &[
    Shortcut {
        resource: "user",
        verb: "deactivate",
        operation: "update_user",
        about: "Deactivates a user: their sessions and tokens end",
        preset: &[("status", "\"deactivated\"")],
    },
    Shortcut {
        resource: "user",
        verb: "reactivate",
        operation: "update_user",
        about: "Lets a deactivated user sign in again",
        preset: &[("status", "\"active\"")],
    },
    Shortcut {
        resource: "user",
        verb: "verify-email",
        operation: "update_user",
        about: "Marks a user's mail address as proved",
        preset: &[("email_verified", "true")],
    },
    Shortcut {
        resource: "client",
        verb: "enable",
        operation: "update_client",
        about: "Enables a client",
        preset: &[("enabled", "true")],
    },
    Shortcut {
        resource: "client",
        verb: "disable",
        operation: "update_client",
        about: "Disables a client: its tokens are void",
        preset: &[("enabled", "false")],
    },
    Shortcut {
        resource: "realm",
        verb: "enable",
        operation: "update_realm",
        about: "Enables a realm",
        preset: &[("status", "\"active\"")],
    },
    Shortcut {
        resource: "realm",
        verb: "disable",
        operation: "update_realm",
        about: "Disables a realm: nobody signs in to it",
        preset: &[("status", "\"disabled\"")],
    },
];

/// Columns of the tables of these schemas.
const COLUMNS: &[(&str, &[&str])] = &[
    ("ApiAnswer", &["identifier", "name", "listed", "built_in"]),
    (
        "ClientAnswer",
        &["client_id", "client_name", "enabled", "grant_types"],
    ),
    (
        "ComposedRoleAnswer",
        &["name", "display_name", "includes", "permissions"],
    ),
    ("ConsentAnswer", &["client_id", "scope", "updated_at"]),
    (
        "CredentialAnswer",
        &["type", "algorithm", "cost", "changed_at", "must_change"],
    ),
    ("EffectivePermissionAnswer", &["permission", "because"]),
    (
        "EventAnswer",
        &["at", "action", "outcome", "actor", "target"],
    ),
    (
        "GrantAnswer",
        &["id", "user", "client_id", "scope", "ended_at"],
    ),
    (
        "FactorAnswer",
        &["name", "kind", "primary", "last_used_at", "id"],
    ),
    ("GroupAnswer", &["name", "display_name", "id"]),
    ("HolderAnswer", &["kind", "name", "id"]),
    ("KeyAnswer", &["id", "alg", "state", "since", "until"]),
    (
        "MailTemplateAnswer",
        &["name", "language", "origin", "subject"],
    ),
    ("MemberAnswer", &["username", "status", "id"]),
    ("PermissionAnswer", &["name", "description", "built_in"]),
    ("RealmAnswer", &["slug", "name", "status", "issuer"]),
    (
        "RoleAnswer",
        &["name", "display_name", "built_in", "permissions"],
    ),
    (
        "ScopeAnswer",
        &["name", "description", "requires", "built_in"],
    ),
    (
        "SessionAnswer",
        &["id", "user", "seen_at", "address", "amr"],
    ),
    (
        "ThrottleAnswer",
        &["id", "user", "address", "failures", "delayed_until"],
    ),
    ("UserAnswer", &["username", "email", "status", "id"]),
];

/// What a thing is called, best first.
const IDENTITY: &[&str] = &[
    "username",
    "client_id",
    "slug",
    "identifier",
    "name",
    "kid",
    "id",
    "permission",
    "position",
];

/// One sentence about a resource.
pub(super) fn about(resource: &str) -> String {
    let found = ABOUT.iter().find(|(name, _)| *name == resource);
    found.map_or_else(
        || format!("Everything about a realm's {}", resource.replace('-', " ")),
        |(_, about)| (*about).to_owned(),
    )
}

/// What an operation does.
pub(super) fn told(operation: &Operation) -> String {
    let told = TOLD.iter().find(|(id, _)| *id == operation.id);
    told.map_or_else(|| operation.summary.clone(), |(_, text)| (*text).to_owned())
}

/// What an operation is called.
pub(super) fn names(operation: &Operation) -> (String, String) {
    let renamed = RENAMED.iter().find(|(id, ..)| *id == operation.id);
    renamed.map_or_else(
        || derived(operation),
        |(_, resource, verb)| ((*resource).to_owned(), (*verb).to_owned()),
    )
}

/// Other names for an operation.
pub(super) fn aliases(id: &str) -> &'static [&'static str] {
    let found = ALIASES.iter().find(|(operation, _)| *operation == id);
    found.map_or(&[], |(_, aliases)| *aliases)
}

/// The columns of a table of such items: the table's own, or the plain fields that come first
/// to mind.
pub(crate) fn columns(schema: &str, fields: &[Field]) -> Vec<String> {
    let known = COLUMNS.iter().find(|(name, _)| *name == schema);
    if let Some((_, columns)) = known {
        let here = |column: &&&str| {
            let top = column.split('.').next().unwrap_or_default();
            fields.iter().any(|field| field.name == top)
        };
        return columns
            .iter()
            .filter(here)
            .map(|one| (*one).to_owned())
            .collect();
    }
    let plain = |field: &&Field| {
        !matches!(field.shape, Shape::Record(_) | Shape::Anything) && field.name != "description"
    };
    let rank = |name: &str| {
        let known = IDENTITY.iter().position(|one| *one == name);
        known.unwrap_or(IDENTITY.len())
    };
    let mut named: Vec<&Field> = fields.iter().filter(plain).collect();
    named.sort_by_key(|field| (rank(&field.name), !field.required));
    named.truncate(5);
    named.into_iter().map(|field| field.name.clone()).collect()
}

/// What a thing is called.
pub(crate) fn identity(item: &serde_json::Value) -> Option<&str> {
    IDENTITY.iter().find_map(|name| item[*name].as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn the_table_speaks_of_operations_that_are_there() {
        let document = Document::compiled().unwrap();
        let renamed = RENAMED.iter().map(|(id, ..)| *id);
        let aliased = ALIASES.iter().map(|(id, _)| *id);
        let shortcuts = SHORTCUTS.iter().map(|one| one.operation);
        let told = TOLD.iter().map(|(id, _)| *id);
        for id in renamed.chain(aliased).chain(shortcuts).chain(told) {
            assert!(document.operation(id).is_some(), "{id} is gone");
        }
    }
}
