//! APIs: the resource servers that tokens are for (RFC 6749 §1.1).

mod create;
mod delete;
mod list;
mod read;
mod representation;
mod update;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on apis.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_apis)
        .service(create::create_api)
        .service(read::read_api)
        .service(update::update_api)
        .service(delete::delete_api);
}
