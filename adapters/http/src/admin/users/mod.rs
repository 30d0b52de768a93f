//! Users, their passwords, roles and consents.

mod consents;
mod create;
mod delete;
mod list;
mod password;
mod read;
mod representation;
mod roles;
mod update;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on users.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_users)
        .service(create::create_user)
        .service(read::read_user)
        .service(update::update_user)
        .service(delete::delete_user)
        .service(password::set_password)
        .service(roles::list_user_roles)
        .service(roles::assign_role)
        .service(roles::unassign_role)
        .service(consents::list_consents)
        .service(consents::withdraw_consent);
}
