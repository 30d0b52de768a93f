//! Authorizations.

mod end;
mod list;
mod read;
mod representation;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on grants.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_grants)
        .service(read::read_grant)
        .service(end::end_grant);
}
