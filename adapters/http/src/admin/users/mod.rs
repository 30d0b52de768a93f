//! Users, their passwords, roles and consents.

mod consents;
mod create;
mod credentials;
mod delete;
mod export;
mod factors;
mod import;
mod links;
mod list;
mod password;
mod read;
mod record;
mod representation;
mod roles;
mod schema;
mod sessions;
mod update;

pub(crate) use read::NO_USER;
pub(crate) use representation::status_name;
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on users.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_users)
        .service(create::create_user)
        .service(import::import_users)
        .service(export::export_users)
        .service(read::read_user)
        .service(update::update_user)
        .service(delete::delete_user)
        .service(password::set_password)
        .service(links::send_password_reset)
        .service(links::send_email_verification)
        .service(password::delete_password)
        .service(credentials::list_credentials)
        .service(factors::list_factors)
        .service(factors::delete_factor)
        .service(factors::reset_factors)
        .service(sessions::list_user_sessions)
        .service(sessions::end_user_sessions)
        .service(schema::read_user_schema)
        .service(schema::replace_user_schema)
        .service(roles::list_user_roles)
        .service(roles::assign_role)
        .service(roles::unassign_role)
        .service(consents::list_consents)
        .service(consents::withdraw_consent);
}
