//! `client_credentials` (RFC 6749 §4.4): a client acts for itself. Its `sub` is its
//! `client_id`; there is no person, no session, no refresh token and no row but the event.

use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::scope::{OFFLINE_ACCESS, OPENID};
use gatelodge_domain::{Grant, Id, Subject};

use crate::token::{
    GrantRequest, GrantType, Issued, Issuing, Refusal, requested_resources, requested_scopes,
};
use crate::tokens::{AccessTokenPlan, grant_scopes};
use crate::{Denial, ErrorCode};

const NAME: &str = "client_credentials";

/// `client_credentials`
pub struct ClientCredentialsGrant {
    issuing: Arc<Issuing>,
}

impl ClientCredentialsGrant {
    /// With the shared services.
    pub fn new(issuing: Arc<Issuing>) -> Self {
        Self { issuing }
    }
}

#[async_trait]
impl GrantType for ClientCredentialsGrant {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parameters(&self) -> &'static [&'static str] {
        &["scope"]
    }

    async fn exchange(&self, request: &GrantRequest<'_>) -> Result<Issued, Refusal> {
        let client = request.client;
        if !client.is_confidential() {
            return Err(Denial::new(
                ErrorCode::UnauthorizedClient,
                "only a client that authenticates may act for itself",
            )
            .into());
        }
        let requested = requested_scopes(request.parameters)?;
        let foundation = &self.issuing.foundation;
        let party = (request.realm, &**client, Subject::Client(client.id));
        let mut scopes = grant_scopes(foundation, party, requested.as_ref(), None).await?;
        if scopes.is_empty() && requested.is_some_and(|scopes| !scopes.is_empty()) {
            return Err(Denial::new(
                ErrorCode::InvalidScope,
                "none of the scopes is one that the client may have",
            )
            .into());
        }
        // Nobody signed in, and nothing outlives a session that there is not.
        scopes.remove(OPENID);
        scopes.remove(OFFLINE_ACCESS);
        let resources = requested_resources(request.realm, client, request.parameters, &[])?;
        let grant: Id<Grant> = foundation.rng.id(request.now);
        let plan = AccessTokenPlan {
            realm: request.realm,
            client,
            sub: client.client_id.as_str(),
            subject: Subject::Client(client.id),
            grant,
            session: None,
            authentication: None,
            scopes: &scopes,
            resources: &resources,
            confirmation: None,
            now: request.now,
        };
        let access_token = self.issuing.access_tokens.prepare(&plan).await?;
        let event = self
            .issuing
            .issued_event(request, NAME, grant, None, &access_token)
            .await?;
        let access_token = self
            .issuing
            .record_alone(request, access_token, event)
            .await?;
        Ok(Issued {
            at: request.now,
            access_token,
            scopes,
            refresh_token: None,
            id_token: None,
        })
    }
}
