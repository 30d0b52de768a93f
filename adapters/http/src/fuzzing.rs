//! Doors for the fuzz targets (`fuzz/`) to parsers that are nobody else's business. Only there
//! with the feature `fuzzing`, and no part of the public interface.

use actix_web::HttpRequest;
use gatelodge_domain::{Id, Revision, User};
use gatelodge_usecases::Parameters;
use gatelodge_usecases::clients::NewClient;

use crate::{admin, client_call, cookies, parameters};

/// The pairs of a query or a form.
pub fn form(text: &[u8]) -> Option<Parameters> {
    parameters::decode(text).ok()
}

/// The pairs of `Cookie` headers.
pub fn cookies<'a>(headers: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    cookies::received(headers)
}

/// The `Authorization` header as the OAuth endpoints read it.
pub fn authorization(request: &HttpRequest) -> Option<String> {
    client_call::authorization(request)
}

/// Whether `If-Match` lets a row of that revision be changed.
pub fn if_match(request: &HttpRequest, revision: u32) -> bool {
    admin::precondition::if_match(request, Revision(revision)).is_ok()
}

/// After which row a page begins.
pub fn cursor(text: &str) -> Option<Id<User>> {
    admin::page::request(Some(text), None).ok()?.after
}

/// A client as the admin API is told of it, its JWK set included.
pub fn client(members: serde_json::Map<String, serde_json::Value>) -> Option<NewClient> {
    admin::read_client(members)
}
