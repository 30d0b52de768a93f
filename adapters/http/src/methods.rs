//! A method that a path does not have is 405 with `Allow` (RFC 9110 §15.5.6), not 404.
//!
//! Which methods a path has is read from the document of the same operations, so that a new
//! operation needs no line here.

use std::sync::OnceLock;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::docs::{collect, operations};

/// The paths of a group of operations with their methods, worked out once.
pub(crate) struct Methods {
    paths: OnceLock<Vec<(String, String)>>,
    operations: fn(&mut ServiceConfig<'_>),
}

impl Methods {
    /// Those of the operations that this function adds.
    pub(crate) const fn of(operations: fn(&mut ServiceConfig<'_>)) -> Self {
        Self {
            paths: OnceLock::new(),
            operations,
        }
    }

    /// Answers on every path of the group what none of its operations takes. To be mounted
    /// after them.
    pub(crate) fn mount(&'static self, config: &mut ServiceConfig<'_>) {
        for (path, allow) in self.paths.get_or_init(|| paths(self.operations)) {
            let refuse = web::to(move || async move {
                HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED)
                    .insert_header((header::ALLOW, allow.as_str()))
                    .finish()
            });
            config.route(path, refuse);
        }
    }
}

/// Every path with its methods.
fn paths(add: fn(&mut ServiceConfig<'_>)) -> Vec<(String, String)> {
    let document = collect("", "", add);
    let allow = |(path, mut item)| {
        let methods = operations(&mut item).map(|(method, _)| method.to_ascii_uppercase());
        let methods: Vec<String> = methods.collect();
        (path, methods.join(", "))
    };
    document.paths.paths.into_iter().map(allow).collect()
}
