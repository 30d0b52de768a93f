//! What any operation can answer, by what kind of operation it is, and the headers that a status
//! brings (RFC 9110 §10.2, §11.6.1, §8.8.3): said once here instead of at each operation.

use serde_json::Value;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Content, ContentBuilder, Header, OpenApi, RefOr, Response, ResponseBuilder};

use super::document::{operations, schema_ref};

const JSON: &str = "application/json";
const HTML: &str = "text/html";

/// Whom an operation answers, and so in which form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// Programs, in the words of RFC 6749 §5.2.
    Programs,
    /// People, with a page.
    People,
    /// The administration, with problem details; told elsewhere.
    Administration,
    /// Probes, with a line of text.
    Probes,
}

impl Audience {
    fn of(path: &str, operation: &Operation) -> Self {
        let tag = operation.tags.iter().flatten().next().map(String::as_str);
        match tag {
            _ if path.starts_with("/admin/v1") => Self::Administration,
            Some("Operations") => Self::Probes,
            Some("Pages" | "Authorization") if !is_loaded_by_pages(path) => Self::People,
            _ => Self::Programs,
        }
    }
}

/// Adds the answers and headers that operations do not name themselves.
pub(super) fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (_, operation) in operations(item) {
            let audience = Audience::of(path, operation);
            add_errors(operation, audience);
            let operation_id = operation.operation_id.clone().unwrap_or_default();
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    add_headers(response, status, audience, &operation_id);
                }
            }
        }
    }
}

fn add_errors(operation: &mut Operation, audience: Audience) {
    let takes_input = operation.request_body.is_some()
        || operation
            .parameters
            .as_ref()
            .is_some_and(|all| !all.is_empty());
    let input = ("400", "The request cannot be read.");
    let body = [
        ("408", "The body did not arrive in time."),
        ("413", "The body is too large."),
    ];
    let body = body
        .into_iter()
        .filter(|_| operation.request_body.is_some());
    let known = [
        ("404", "There is no such realm, or nothing here."),
        ("500", "A failure; the answer names it as it is in the log."),
        ("503", "Too much to do; try again after `Retry-After`."),
    ];
    let errors: Vec<_> = takes_input
        .then_some(input)
        .into_iter()
        .chain(body)
        .chain(known)
        .collect();
    let content = match audience {
        Audience::Administration | Audience::Probes => return,
        Audience::Programs => (JSON, content(schema_ref("OAuthError"))),
        Audience::People => (HTML, content(text(Type::String).into())),
    };
    for (status, about) in errors {
        let responses = &mut operation.responses.responses;
        let entry = responses
            .entry(status.to_owned())
            .or_insert_with(|| RefOr::T(ResponseBuilder::new().description(about).build()));
        if let RefOr::T(response) = entry
            && response.content.is_empty()
        {
            response
                .content
                .insert(content.0.to_owned(), content.1.clone().into());
        }
    }
}

/// What a page brings along, which nobody opens by itself.
fn is_loaded_by_pages(path: &str) -> bool {
    path.starts_with("/assets/") || path.starts_with("/theme/")
}

fn content(schema: RefOr<Schema>) -> Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

fn text(kind: Type) -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(kind))
        .build()
        .into()
}

/// The headers of an answer with that status.
fn add_headers(response: &mut Response, status: &str, audience: Audience, operation_id: &str) {
    let mut add = |name: &str, header: Header| {
        response.headers.insert(name.to_owned(), RefOr::T(header));
    };
    match (status, audience) {
        ("201" | "303" | "308", _) if operation_id != "create_secret" => {
            add("Location", header("Where to go on.", Type::String));
        }
        ("401" | "403", Audience::Administration) | ("401", Audience::Programs) => {
            let about = "How to authenticate (RFC 6750 §3, RFC 7617 §2).";
            add("WWW-Authenticate", header(about, Type::String));
        }
        ("429" | "503", _) => add("Retry-After", header("Seconds to wait.", Type::Integer)),
        _ => {}
    }
    let cached = matches!(
        operation_id,
        "jwks"
            | "openid_configuration"
            | "oauth_authorization_server"
            | "oauth_authorization_server_of_realm"
            | "asset"
            | "theme_stylesheet"
            | "theme_logo"
            | "docs_file"
    );
    if cached && matches!(status, "200" | "304") {
        add("ETag", header("Names this state of it.", Type::String));
        add(
            "Cache-Control",
            header("For how long it may be kept.", Type::String),
        );
    }
    if tells_revision(operation_id) && matches!(status, "200" | "201") {
        add(
            "ETag",
            header("The revision; for `If-Match`.", Type::String),
        );
    }
}

/// What has a revision, as operations name it.
const REVISED: [&str; 12] = [
    "realm",
    "user",
    "client",
    "role",
    "group",
    "api",
    "scope",
    "permission",
    "key",
    "mail_template",
    "user_schema",
    "theme",
];

/// Whether an operation answers something that has a revision.
fn tells_revision(operation_id: &str) -> bool {
    let Some((verb, thing)) = operation_id.split_once('_') else {
        return false;
    };
    let is_shown = matches!(verb, "read" | "create" | "update" | "write" | "replace");
    // A logo is a part of its theme, and the theme is what is answered.
    (is_shown && REVISED.contains(&thing)) || operation_id == "write_theme_logo"
}

/// A header that always comes.
fn header(about: &str, kind: Type) -> Header {
    let mut header = HeaderBuilder::new()
        .description(Some(about))
        .schema(Some(text(kind)))
        .build();
    // The library has no field for it; this is where it writes further members.
    header.extensions = Some(Extensions::from_iter([("required", Value::Bool(true))]));
    header
}
