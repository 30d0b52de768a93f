//! Revocation of whatever is named.

mod create;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operation on revocations.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config.service(create::create_revocation);
}
