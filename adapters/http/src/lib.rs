//! HTTP: controllers that translate, and nothing else.
//!
//! One file per operation. A handler extracts, converts, calls a use case and presents its
//! answer. Extractors are the only code that reads cookies, headers and the peer address.
//! The same issuer endpoints are mounted on both ports: at the root for the realm that has no
//! other spelling, and on the auth port under `/realms/{realm}` for every other realm.

pub mod account;
pub mod account_email;
pub mod account_profile;
pub mod admin;
pub mod assets;
pub mod authorize;
pub mod cached;
pub mod client_call;
pub mod consent;
pub mod cookies;
pub mod cors;
pub mod delay;
pub mod demo;
pub mod discovery;
pub mod docs;
pub mod error_page;
pub mod errors;
pub mod form;
pub mod form_token;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod gate;
pub mod headers;
pub mod introspection;
pub mod jwks;
pub mod links;
pub mod login;
pub mod logout;
pub mod looks;
mod methods;
pub mod metrics;
pub mod network;
pub mod origin;
pub mod page_error;
pub mod page_parameters;
pub mod pages;
pub mod parameters;
pub mod probes;
pub mod problem;
pub mod prompts;
pub mod quota;
pub mod recover;
pub mod request;
pub mod revocation;
pub mod security;
pub mod setup;
pub mod shedding;
pub mod site;
pub mod spoken;
pub mod state;
pub mod steps;
pub mod theme;
pub mod time;
pub mod token;
pub mod trouble;
pub mod unserved;
pub mod userinfo;
pub mod verify_email;
pub mod visit;

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

use methods::Methods;
pub use state::{HttpState, Transport, UseCases};

static ISSUER_METHODS: Methods = Methods::of(issuer_endpoints);
static DOCS_METHODS: Methods = Methods::of(docs::mount);
static SETUP_METHODS: Methods = Methods::of(setup::mount);
static PROBE_METHODS: Methods = Methods::of(probes::mount);

/// Everything that the auth port serves.
pub fn auth_port(config: &mut web::ServiceConfig, base_path: &str) {
    under(config, base_path, |config| {
        // Paths are compared in this order, and one with a name in it by a regular expression.
        issuer(&mut ServiceConfig::new(config));
        config.service(
            web::scope("/realms/{realm}")
                .configure(|config| issuer(&mut ServiceConfig::new(config))),
        );
        documents(&mut ServiceConfig::new(config));
        site::mount(config);
    });
    root_endpoints(config, base_path);
}

/// Everything that the admin port serves.
pub fn admin_port(config: &mut web::ServiceConfig, base_path: &str) {
    under(config, base_path, |config| {
        issuer(&mut ServiceConfig::new(config));
        admin::mount(&mut ServiceConfig::new(config));
        setup::mount(&mut ServiceConfig::new(config));
        SETUP_METHODS.mount(&mut ServiceConfig::new(config));
        documents(&mut ServiceConfig::new(config));
    });
    metrics::mount(config);
    root_endpoints(config, base_path);
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

/// An issuer, and 405 for the methods that its paths do not have.
fn issuer(config: &mut ServiceConfig<'_>) {
    issuer_endpoints(config);
    ISSUER_METHODS.mount(config);
}

/// The documents, likewise.
fn documents(config: &mut ServiceConfig<'_>) {
    docs::mount(config);
    DOCS_METHODS.mount(config);
}

/// What every issuer offers: a line for each slice.
fn issuer_endpoints(config: &mut ServiceConfig<'_>) {
    authorize::mount(config);
    token::mount(config);
    userinfo::mount(config);
    introspection::mount(config);
    revocation::mount(config);
    discovery::mount(config);
    jwks::mount(config);
    login::mount(config);
    steps::mount(config);
    consent::mount(config);
    logout::mount(config);
    account::mount(config);
    account_email::mount(config);
    account_profile::mount(config);
    recover::mount(config);
    verify_email::mount(config);
    security::mount(config);
    error_page::mount(config);
    demo::mount(config);
    assets::mount(config);
    theme::mount(config);
}

/// What hangs at the host's root whatever the issuer's path: probes and well-known forms.
fn root_endpoints(config: &mut web::ServiceConfig, base_path: &str) {
    discovery::mount_at_root(&mut ServiceConfig::new(config), base_path);
    probes::mount(&mut ServiceConfig::new(config));
    PROBE_METHODS.mount(&mut ServiceConfig::new(config));
    config.default_service(web::to(error_page::not_found));
}

/// The same where issuers have no path, as the documents show it.
fn documented_root_endpoints(config: &mut ServiceConfig<'_>) {
    discovery::mount_at_root(config, "");
    probes::mount(config);
}
