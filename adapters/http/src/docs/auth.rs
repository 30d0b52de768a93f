//! The document of the auth port.

use gatelodge_domain::scope::{EMAIL, OFFLINE_ACCESS, OPENID, PROFILE};
use utoipa::openapi::OpenApi;

use super::document::{add_security, collect};
use super::{answers, schemas};

const ABOUT: &str = "OpenID Connect and OAuth 2.0 of one issuer. Paths are relative to the \
issuer: the public URL for the default realm, `{public_url}/realms/{realm}` for every other one. \
Everything else about an issuer is told by its discovery document.";

/// The OpenAPI document of the auth port, with addresses relative to the issuer.
pub fn auth_openapi() -> OpenApi {
    let mut document = collect("Gatelodge", ABOUT, |config| {
        crate::issuer_endpoints(config);
        crate::documented_root_endpoints(config);
        super::mount(config);
    });
    let scopes = [
        (OPENID, "Sign in"),
        (PROFILE, "Name and other profile claims"),
        (EMAIL, "Mail address"),
        (OFFLINE_ACCESS, "Tokens that outlive the session"),
    ];
    let scopes = scopes.map(|(name, about)| (name.to_owned(), about.to_owned()));
    let about = "Sign in as a user of the realm, through the built-in client `gatelodge-docs`.";
    add_security(&mut document, scopes, about);
    answers::complete(&mut document);
    schemas::rewrite(&mut document);
    document
}
