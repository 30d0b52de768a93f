//! Signing keys.

mod create;
mod list;
mod read;
mod representation;
mod rotate;
mod update;

use utoipa_actix_web::service_config::ServiceConfig;

/// What a key can sign with, as refusals name it.
const ALGORITHMS: &str = "ES256, RS256, PS256, EdDSA";

/// Adds the operations on keys.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_keys)
        .service(create::create_key)
        .service(rotate::rotate_key)
        .service(read::read_key)
        .service(update::update_key);
}
