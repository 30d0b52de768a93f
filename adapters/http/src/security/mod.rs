//! A person's own security: password, second factors, recovery codes, sessions.

pub mod enrolment;
pub mod factors;
pub mod page;
pub mod password;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    page::mount(config);
    password::mount(config);
    enrolment::mount(config);
    factors::mount(config);
}
