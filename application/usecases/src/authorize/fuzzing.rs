//! A door for the fuzz targets (`fuzz/`) to a parser that is nobody else's business. Only there
//! with the feature `fuzzing`, and no part of the public interface.

use std::sync::Arc;

use gatelodge_domain::{Client, RedirectUri, ScopeSet};

use super::{Target, parse};
use crate::{Denial, Parameters};

/// What was read of an authorization request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest {
    /// `scope`
    pub scopes: Option<ScopeSet>,
    /// `resource`
    pub resources: Vec<String>,
    /// `state`, as an error would carry it.
    pub state: Option<String>,
    /// `code_challenge`
    pub challenge: Option<String>,
}

/// Reads an authorization request of that client (OpenID Connect Core §3.1.2.1), as the
/// endpoint does once it trusts the redirect URI.
pub fn authorization_request(
    client: &Arc<Client>,
    redirect_uri: &RedirectUri,
    parameters: &Parameters,
) -> Result<ReadRequest, Denial> {
    let target = Target {
        client: client.clone(),
        redirect_uri: redirect_uri.clone(),
        redirect_uri_was_sent: true,
    };
    let route = parse::route(&target, parameters);
    let read = parse::parse(target, route, parameters)?;
    Ok(ReadRequest {
        scopes: read.scopes,
        resources: read.resources,
        state: read.route.state,
        challenge: read
            .challenge
            .map(|challenge| challenge.as_str().to_owned()),
    })
}
