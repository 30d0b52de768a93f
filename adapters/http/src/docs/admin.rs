//! The document of the admin port: its own issuer, and the admin API.

use std::collections::BTreeMap;

use gatelodge_domain::scope::{ADMIN, OPENID};
use gatelodge_usecases::admin::PERMISSIONS;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, RefOr, Required, ResponseBuilder};

use super::document::{
    Parameter, add_security, collect, describe_parameters, operations, schema_ref,
};
use super::rules::{ROW_ID, SLUG, words_of_query};
use super::{answers, schemas};
use crate::problem::{PROBLEM_JSON, ProblemDetails};

const ABOUT: &str = "Administration of Gatelodge, and the issuer that administrators sign in \
with. Every operation under `/admin/v1` needs an access token of this issuer for the audience \
`gatelodge-admin`. What it allows is what the token's scopes and the administrator's roles have \
in common at the moment of the request; the scope `admin` stands for all of them.

**Lists** have pages: send `next_cursor` of one page as `cursor` of the next. **Changes** are \
merge patches (RFC 7396). `ETag` names the revision of what was read; `If-Match` is optional, and \
honoured with 412 when it is stale. **Repeats**: a POST with an `Idempotency-Key` is carried out \
once. **Quota**: `RateLimit` and `RateLimit-Policy` tell with each answer how many requests are \
left in this minute. **Errors** are problem details (RFC 9457).";

const PREFIX: &str = "/admin/v1";

/// What the parameters of paths are, with their form and an example.
const PARAMETERS: [(&str, Parameter); 15] = [
    (
        "realm",
        Parameter {
            about: "The realm's slug; `default` and `system` too.",
            pattern: SLUG,
            example: "default",
        },
    ),
    ("user", row("The user's row id.")),
    (
        "client",
        Parameter {
            about: "The `client_id`, percent-encoded.",
            pattern: "^.{1,255}$",
            example: "my-app",
        },
    ),
    ("secret", row("The secret's id.")),
    ("session", row("The session's row id (`sid`).")),
    ("grant", row("The grant's row id (`gid`).")),
    (
        "role",
        Parameter {
            about: "The role's row id, or its name, percent-encoded.",
            pattern: "^.{1,128}$",
            example: "administrator",
        },
    ),
    (
        "included",
        Parameter {
            about: "The included role's row id, or its name, percent-encoded.",
            pattern: "^.{1,128}$",
            example: "reader",
        },
    ),
    (
        "group",
        Parameter {
            about: "The group's row id, or its name, percent-encoded.",
            pattern: "^.{1,128}$",
            example: "sales",
        },
    ),
    (
        "permission",
        Parameter {
            about: "The permission's name, percent-encoded; for its definition, the row id too.",
            pattern: "^.{1,128}$",
            example: "users:read",
        },
    ),
    (
        "api",
        Parameter {
            about: "The API's row id, or its identifier, percent-encoded.",
            pattern: "^.{1,255}$",
            example: "https%3A%2F%2Forders.example",
        },
    ),
    (
        "scope",
        Parameter {
            about: "The scope's row id, or its name, percent-encoded.",
            pattern: "^.{1,128}$",
            example: "orders:read",
        },
    ),
    ("key", row("The key's row id.")),
    (
        "template",
        Parameter {
            about: "The mail's name.",
            pattern: "^[a-z_]{1,40}$",
            example: "password_reset",
        },
    ),
    (
        "language",
        Parameter {
            about: "The language: the primary subtag of a language tag (RFC 5646).",
            pattern: "^[a-z]{2,3}$",
            example: "en",
        },
    ),
];

const fn row(about: &'static str) -> Parameter {
    Parameter {
        about,
        pattern: ROW_ID,
        example: "aglzdq7eht24jbnz3q6xkfzcwm",
    }
}

/// The OpenAPI document of the admin port, with addresses relative to the admin URL.
pub fn admin_openapi() -> OpenApi {
    let mut document = collect("Gatelodge administration", ABOUT, |config| {
        crate::issuer_endpoints(config);
        crate::admin::mount(config);
        crate::setup::mount(config);
        crate::documented_root_endpoints(config);
        super::mount(config);
    });
    let known = BTreeMap::from(PARAMETERS);
    for (path, item) in &mut document.paths.paths {
        if !path.starts_with(PREFIX) {
            continue;
        }
        for (method, operation) in operations(item) {
            describe_parameters(operation, &known);
            list_words(operation);
            add_problems(operation, method, path.contains('{'));
            if matches!(method, "patch" | "put" | "delete") {
                add_if_match(operation, path);
            }
            if method == "post" && takes_key(operation) {
                add_idempotency_key(operation);
            }
        }
    }
    let components = document.components.get_or_insert_default();
    let mut schemas = Vec::new();
    <ProblemDetails as utoipa::ToSchema>::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.schemas.insert(
        "ProblemDetails".to_owned(),
        <ProblemDetails as utoipa::PartialSchema>::schema(),
    );
    let openid = (OPENID.to_owned(), "Sign in.".to_owned());
    let all = (
        ADMIN.to_owned(),
        "Everything that the administrator's roles give.".to_owned(),
    );
    let parts = PERMISSIONS
        .iter()
        .map(|(name, about)| ((*name).to_owned(), about.trim().to_owned()));
    let about = "Sign in as an administrator, through the built-in client `gatelodge-docs`.";
    let scopes = [openid, all].into_iter().chain(parts);
    add_security(&mut document, scopes, about);
    answers::complete(&mut document);
    schemas::rewrite(&mut document);
    document
}

/// Lists the words of parameters that take only a few: a program that is made from the document
/// offers these, and refuses others before it asks.
fn list_words(operation: &mut Operation) {
    let id = operation.operation_id.clone().unwrap_or_default();
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(words) = words_of_query(&id, &parameter.name)
            && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
        {
            let words = words.iter().map(|word| (*word).into());
            schema.enum_values = Some(words.collect());
        }
    }
}

/// The errors that every operation can answer, and those that bodies and paths bring.
fn add_problems(operation: &mut Operation, method: &str, has_parameters: bool) {
    let mut problems = vec![
        (
            "401",
            "No, an invalid, an expired or a revoked access token.",
        ),
        (
            "403",
            "The token or the administrator's roles do not allow this.",
        ),
        (
            "429",
            "More requests than allowed; `RateLimit` and `Retry-After` say when to go on.",
        ),
        ("500", "A failure; `incident` names it in the log."),
        ("503", "Busy; try again after `Retry-After`."),
    ];
    if has_parameters {
        problems.push(("404", "There is no such thing."));
    }
    if matches!(method, "patch" | "put" | "delete") {
        problems.push((
            "412",
            "It changed since the revision that `If-Match` names.",
        ));
    }
    if method == "post" && takes_key(operation) {
        problems.push(("409", "The first request with this `Idempotency-Key` was not answered yet, or it cannot be done now."));
        problems.push((
            "422",
            "The `Idempotency-Key` is none, or was used for another request.",
        ));
    }
    if operation.request_body.is_some() {
        problems.push(("400", "The body is not a JSON object."));
        problems.push(("409", "A unique name is taken, or it is protected."));
        problems.push(("408", "The body did not arrive in time."));
        problems.push(("413", "The body is too large."));
        problems.push(("415", "The body has another media type."));
        problems.push(("422", "A field is not acceptable; `field` names it."));
    }
    let takes_query = operation.parameters.iter().flatten().any(
        |parameter| matches!(parameter, RefOr::T(one) if one.parameter_in == ParameterIn::Query),
    );
    if takes_query {
        problems.push(("400", "The query cannot be read."));
        problems.push(("422", "A parameter is not acceptable; `field` names it."));
    }
    for (status, description) in problems {
        let responses = &mut operation.responses.responses;
        let described = match responses.get(status) {
            Some(RefOr::T(known)) => known.description.clone(),
            _ => description.to_owned(),
        };
        let content = ContentBuilder::new()
            .schema(Some(schema_ref("ProblemDetails")))
            .build();
        let response = ResponseBuilder::new()
            .description(described)
            .content(PROBLEM_JSON, content)
            .build();
        responses.insert(status.to_owned(), RefOr::T(response));
    }
}

/// What comes as a stream is not kept to be compared.
fn takes_key(operation: &Operation) -> bool {
    match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key("application/json"),
        Some(RefOr::Ref(_)) | None => true,
    }
}

/// `Idempotency-Key` counts for what makes something.
fn add_idempotency_key(operation: &mut Operation) {
    let about = "A key of your choice, 1 to 255 visible characters. The same request with the \
                 same key within a day is carried out once and answered alike, with \
                 `Idempotency-Replayed: true`; another request with it is refused with 422, and \
                 one that comes before the first was answered with 409.";
    let parameter = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(255))
                .pattern(Some("^[!#-\\[\\]-~]+$")),
        ))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(parameter));
}

/// `If-Match` counts for what has a revision.
fn add_if_match(operation: &mut Operation, path: &str) {
    let revised = [
        "/realms/{realm}",
        "{realm}/users/{user}",
        "{realm}/clients/{client}",
        "{realm}/roles/{role}",
        "{realm}/groups/{group}",
        "{realm}/apis/{api}",
        "{realm}/scopes/{scope}",
        "{realm}/permissions/{permission}",
        "{realm}/keys/{key}",
        "{realm}/mail-templates/{template}/{language}",
        "{realm}/user-schema",
        "{realm}/theme",
        "{realm}/theme/logo",
    ];
    if !revised.iter().any(|last| path.ends_with(last)) {
        operation.responses.responses.remove("412");
        return;
    }
    let parameter = ParameterBuilder::new()
        .name("If-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The `ETag` of what was read."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(parameter));
}
