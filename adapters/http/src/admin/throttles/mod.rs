//! Delays of failed sign-ins.

mod lift;
mod list;
mod of_user;
mod representation;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on throttles.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_throttles)
        .service(lift::lift_throttle)
        .service(of_user::read_user_throttle)
        .service(of_user::lift_user_throttle);
}
