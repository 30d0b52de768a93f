//! Signing keys.

mod list;
mod rotate;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations on keys.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config.service(list::list_keys).service(rotate::rotate_key);
}
