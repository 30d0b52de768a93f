//! The documents of both ports: OpenAPI at `/openapi.json`, Swagger UI at `/docs/`.
//!
//! The documents are collected from the same `mount` functions that serve, so an operation that
//! is not documented is not served. Swagger UI is served from the binary with a policy of its
//! own: no inline script, and nothing from elsewhere; only its inline styles are allowed.

mod admin;
mod answers;
mod auth;
mod document;
mod rules;
mod schemas;
mod swagger;

pub use admin::admin_openapi;
pub use auth::auth_openapi;
pub use document::to_json;
pub(crate) use document::{collect, operations};

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the document and the pages that show it.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(document::openapi_json)
        .service(swagger::docs_redirect)
        .service(swagger::docs_index)
        .service(swagger::docs_file);
}
