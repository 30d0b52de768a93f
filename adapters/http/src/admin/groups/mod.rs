//! Groups: who is in them, and what they give.

mod create;
mod delete;
mod list;
mod members;
mod read;
mod representation;
mod roles;
mod update;
mod users;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on groups.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_groups)
        .service(create::create_group)
        .service(read::read_group)
        .service(update::update_group)
        .service(delete::delete_group)
        .service(members::list_members)
        .service(members::add_member)
        .service(members::remove_member)
        .service(roles::list_group_roles)
        .service(roles::assign_group_role)
        .service(roles::unassign_group_role)
        .service(users::list_user_groups);
}
