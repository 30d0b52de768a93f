//! Realms.

mod create;
mod delete;
mod list;
mod read;
mod representation;
mod update;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on realms.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_realms)
        .service(create::create_realm)
        .service(read::read_realm)
        .service(update::update_realm)
        .service(delete::delete_realm);
}
