//! The audit trail.

mod list;
mod representation;
mod verify;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on the trail.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_audit)
        .service(list::list_realm_audit)
        .service(verify::verify_audit);
}
