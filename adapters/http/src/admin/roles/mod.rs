//! Roles: what they allow, what they include, and who holds them.

mod clients;
mod compose;
mod create;
mod delete;
mod holders;
mod list;
mod permissions;
mod read;
mod representation;
mod update;

pub(crate) use representation::{HeldRoleAnswer, RoleAnswer};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on roles.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_roles)
        .service(create::create_role)
        .service(read::read_role)
        .service(update::update_role)
        .service(delete::delete_role)
        .service(holders::list_role_holders)
        .service(compose::include_role)
        .service(compose::exclude_role)
        .service(permissions::add_role_permission)
        .service(permissions::remove_role_permission)
        .service(clients::list_client_roles)
        .service(clients::assign_client_role)
        .service(clients::unassign_client_role);
}
