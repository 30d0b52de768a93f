//! Scopes: what the consent page says of them, and what a subject must hold.

mod create;
mod delete;
mod list;
mod read;
mod representation;
mod update;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on scopes.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_scopes)
        .service(create::create_scope)
        .service(read::read_scope)
        .service(update::update_scope)
        .service(delete::delete_scope);
}
