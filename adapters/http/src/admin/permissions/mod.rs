//! Permissions: what they are for, and what somebody may do and why.

mod create;
mod delete;
mod list;
mod read;
mod representation;
mod rights;
mod update;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on permissions.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_permissions)
        .service(create::create_permission)
        .service(read::read_permission)
        .service(update::update_permission)
        .service(delete::delete_permission)
        .service(rights::list_user_permissions)
        .service(rights::check_user_permission)
        .service(rights::list_client_permissions)
        .service(rights::check_client_permission);
}
