//! A method that a path does not have is 405 with `Allow` (RFC 9110 §15.5.6), not 404.
//!
//! Which methods a path has is read from the document of the same operations, so that a new
//! operation needs no line here.

use std::sync::OnceLock;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::docs::{collect, operations};

/// Answers on every path of the API what none of its operations takes. To be mounted after them.
pub(super) fn mount(config: &mut ServiceConfig<'_>) {
    static PATHS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    for (path, allow) in PATHS.get_or_init(paths) {
        let refuse = web::to(move || async move {
            HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED)
                .insert_header((header::ALLOW, allow.as_str()))
                .finish()
        });
        config.route(path, refuse);
    }
}

/// Every path of the API with its methods.
fn paths() -> Vec<(String, String)> {
    let document = collect("", "", super::operations);
    let allow = |(path, mut item)| {
        let methods = operations(&mut item).map(|(method, _)| method.to_ascii_uppercase());
        let methods: Vec<String> = methods.collect();
        (path, methods.join(", "))
    };
    document.paths.paths.into_iter().map(allow).collect()
}
