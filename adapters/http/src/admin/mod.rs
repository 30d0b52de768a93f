//! The admin API, under `/admin/v1` on the admin port: a folder for each slice, a file for each
//! operation.
//!
//! Every operation runs behind [`guard`]: a valid access token of an administrator comes first,
//! then the permit for what is asked, then the request itself. Errors are problem details.

mod apis;
mod audit;
mod body;
mod clients;
mod fields;
mod grants;
mod groups;
mod guard;
pub(crate) mod idempotency;
mod keys;
mod mail;
pub(crate) mod page;
mod permissions;
pub(crate) mod precondition;
mod realms;
mod request;
mod revocations;
mod roles;
mod scopes;
mod sessions;
mod themes;
mod throttles;
mod users;

use actix_web::middleware::from_fn;
pub use audit::{event_line, hexadecimal, seal_line};
pub(crate) use clients::GRANT_TYPES;
#[cfg(feature = "fuzzing")]
pub(crate) use clients::read_client;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::methods::Methods;

static METHODS: Methods = Methods::of(operations);

/// Adds the admin API.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(
        scope::scope("/admin/v1")
            .configure(operations)
            .configure(|config| METHODS.mount(config))
            .wrap(from_fn(guard::guard)),
    );
}

/// A line for each slice.
fn operations(config: &mut ServiceConfig<'_>) {
    realms::mount(config);
    users::mount(config);
    roles::mount(config);
    groups::mount(config);
    apis::mount(config);
    scopes::mount(config);
    permissions::mount(config);
    clients::mount(config);
    keys::mount(config);
    mail::mount(config);
    sessions::mount(config);
    revocations::mount(config);
    themes::mount(config);
    throttles::mount(config);
    grants::mount(config);
    audit::mount(config);
}
