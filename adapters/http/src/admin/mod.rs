//! The admin API, under `/admin/v1` on the admin port: a folder for each slice, a file for each
//! operation.
//!
//! Every operation runs behind [`guard`]: a valid access token of an administrator comes first,
//! then the permit for what is asked, then the request itself. Errors are problem details.

mod audit;
mod body;
mod clients;
mod fields;
mod grants;
mod guard;
mod keys;
mod methods;
mod page;
mod precondition;
mod realms;
mod request;
mod roles;
mod sessions;
mod users;

use actix_web::middleware::from_fn;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the admin API.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(
        scope::scope("/admin/v1")
            .configure(operations)
            .configure(methods::mount)
            .wrap(from_fn(guard::guard)),
    );
}

/// A line for each slice.
fn operations(config: &mut ServiceConfig<'_>) {
    realms::mount(config);
    users::mount(config);
    roles::mount(config);
    clients::mount(config);
    keys::mount(config);
    sessions::mount(config);
    grants::mount(config);
    audit::mount(config);
}
