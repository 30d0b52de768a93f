//! Clients and their secrets.

mod create;
mod delete;
mod list;
mod metadata;
mod read;
mod registration;
mod representation;
mod secrets;
mod sessions;
mod update;

#[cfg(feature = "fuzzing")]
pub(crate) use create::read_client;
pub(crate) use registration::GRANT_TYPES;
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on clients.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_clients)
        .service(create::create_client)
        .service(read::read_client)
        .service(update::update_client)
        .service(delete::delete_client)
        .service(secrets::list_secrets)
        .service(secrets::create_secret)
        .service(secrets::check_secret)
        .service(secrets::delete_secret)
        .service(sessions::end_client_sessions);
}
