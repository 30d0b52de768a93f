//! Who asks and where the answer goes. Until both are known and trusted, nothing is ever
//! redirected (RFC 6749 §3.1.2.4, §4.1.2.1): errors here are shown to the person.

use std::sync::Arc;

use gatelodge_domain::scope::OPENID;
use gatelodge_domain::{Client, ClientId, RedirectUri};

use super::{AuthorizeError, Shown};
use crate::realms::ServedRealm;
use crate::{Denial, ErrorCode, Foundation, Parameters};

/// A known client and one of its own redirect URIs.
#[derive(Debug, Clone)]
pub struct Target {
    /// Who asks.
    pub client: Arc<Client>,
    /// Where the answer goes.
    pub redirect_uri: RedirectUri,
    /// Whether the request named it.
    pub redirect_uri_was_sent: bool,
}

impl Target {
    /// Reads `client_id` and `redirect_uri`.
    pub(super) async fn of(
        foundation: &Foundation,
        realm: &ServedRealm,
        parameters: &Parameters,
    ) -> Result<Self, AuthorizeError> {
        let client_id = parameters
            .required("client_id", "client_id is missing")
            .map_err(Shown::BadRequest)?;
        let client = match ClientId::parse(client_id) {
            Ok(client_id) => {
                foundation
                    .directory
                    .client(realm.realm.id, &client_id)
                    .await?
            }
            Err(_) => None,
        };
        let client = client
            .filter(|client| client.is_enabled())
            .ok_or(untrusted("the client is not known here"))?;
        let presented = parameters.one("redirect_uri").map_err(Shown::BadRequest)?;
        let redirect_uri = match presented {
            Some(text) => RedirectUri::parse(text)
                .ok()
                .filter(|uri| client.redirects_to(uri))
                .ok_or(untrusted(
                    "the redirect_uri is not registered for this client",
                ))?,
            None => only_one(&client, parameters)?,
        };
        Ok(Self {
            client,
            redirect_uri,
            redirect_uri_was_sent: presented.is_some(),
        })
    }
}

/// The one registered URI, for an OAuth request that leaves it out (RFC 6749 §3.1.2.3). An
/// OpenID Connect request must name it (Core §3.1.2.1).
fn only_one(client: &Client, parameters: &Parameters) -> Result<RedirectUri, Shown> {
    let is_openid = parameters
        .many("scope")
        .flat_map(|text| text.split(' '))
        .any(|scope| scope == OPENID);
    match client.redirect_uris.as_slice() {
        [only] if !is_openid => Ok(only.clone()),
        _ => Err(Shown::BadRequest(Denial::new(
            ErrorCode::InvalidRequest,
            "redirect_uri is missing",
        ))),
    }
}

fn untrusted(description: &'static str) -> Shown {
    Shown::UntrustedClient(Denial::new(ErrorCode::InvalidRequest, description))
}
