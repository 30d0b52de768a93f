//! HTTP: controllers that translate, and nothing else.
//!
//! One file per operation. A handler extracts, converts, calls a use case and presents its
//! answer. Extractors are the only code that reads cookies, headers and the peer address.
//! The same issuer endpoints are mounted on both ports: at the root for the realm that has no
//! other spelling, and on the auth port under `/realms/{realm}` for every other realm.

pub mod errors;
pub mod headers;
pub mod origin;
pub mod pages;
pub mod probes;
pub mod request;
pub mod state;

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

pub use state::{HttpState, Transport, UseCases};

/// Everything that the auth port serves.
pub fn auth_port(config: &mut web::ServiceConfig, base_path: &str) {
    under(config, base_path, |config| {
        config.service(
            web::scope("/realms/{realm}")
                .configure(|config| issuer_endpoints(&mut ServiceConfig::new(config))),
        );
        issuer_endpoints(&mut ServiceConfig::new(config));
    });
    root_endpoints(config);
}

/// Everything that the admin port serves.
pub fn admin_port(config: &mut web::ServiceConfig, base_path: &str) {
    under(config, base_path, |config| {
        issuer_endpoints(&mut ServiceConfig::new(config));
    });
    root_endpoints(config);
}

/// Mounts at the path of the listener's URL; an issuer may live below its host's root.
fn under(
    config: &mut web::ServiceConfig,
    base_path: &str,
    mount: impl FnOnce(&mut web::ServiceConfig),
) {
    if base_path.is_empty() {
        mount(config);
    } else {
        config.service(web::scope(base_path).configure(mount));
    }
}

/// What every issuer offers: a line for each slice.
fn issuer_endpoints(config: &mut ServiceConfig<'_>) {
    let _ = config;
}

/// What hangs at the host's root whatever the issuer's path: probes and well-known forms.
fn root_endpoints(config: &mut web::ServiceConfig) {
    probes::mount(&mut ServiceConfig::new(config));
}
