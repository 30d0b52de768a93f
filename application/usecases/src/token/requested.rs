//! `scope` and `resource` of a token request (RFC 6749 §3.3, RFC 8707 §2.2).

use gatelodge_domain::{Client, ScopeSet};

use crate::realms::ServedRealm;
use crate::{Denial, ErrorCode, Parameters};

const UNKNOWN_RESOURCE: Denial = Denial::new(
    ErrorCode::InvalidTarget,
    "a resource is not one that the client may ask for here",
);

/// The scopes that were asked for; `None` where the parameter is absent.
pub fn requested_scopes(parameters: &Parameters) -> Result<Option<ScopeSet>, Denial> {
    let Some(text) = parameters.one("scope")? else {
        return Ok(None);
    };
    ScopeSet::parse(text).map(Some).map_err(|_| {
        Denial::new(
            ErrorCode::InvalidScope,
            "scope is not a list of at most 64 scopes, separated by spaces",
        )
    })
}

/// The resources that a token is to be for. Each must be one of the client's audiences or the
/// issuer and, where the authorization named some, one of those. Without the parameter all
/// that were authorized count.
pub fn requested_resources(
    realm: &ServedRealm,
    client: &Client,
    parameters: &Parameters,
    authorized: &[String],
) -> Result<Vec<String>, Denial> {
    let mut resources: Vec<String> = Vec::new();
    for resource in parameters.many("resource") {
        let is_clients_own =
            client.audiences.iter().any(|own| own == resource) || *realm.issuer == *resource;
        let is_authorized =
            authorized.is_empty() || authorized.iter().any(|known| known == resource);
        if !is_clients_own || !is_authorized {
            return Err(UNKNOWN_RESOURCE);
        }
        if !resources.iter().any(|known| known == resource) {
            resources.push(resource.to_owned());
        }
    }
    if resources.is_empty() {
        return Ok(authorized.to_vec());
    }
    Ok(resources)
}
