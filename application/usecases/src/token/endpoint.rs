//! The endpoint as named steps.

use std::sync::Arc;

use gatelodge_domain::{AuditAction, Client, ScopeSet, SecretText, Timestamp};
use gatelodge_ports::key_factory::TokenType;

use super::grant_type::{
    Consequence, GrantRequest, GrantType, IdTokenClaims, Issued, Refusal, Refused,
};
use super::refusals;
use crate::audit::RequestFacts;
use crate::client_authentication::{ClientAuthenticator, ClientRequest};
use crate::keys::KeyMaintenance;
use crate::realms::ServedRealm;
use crate::tokens::{IdTokenPlan, MintAccessToken};
use crate::{Denial, Error, ErrorCode, Failure, Foundation};

/// What the client gets (RFC 6749 §5.1); the token type is always `Bearer`.
#[derive(Debug)]
pub struct TokenAnswer {
    /// `access_token`
    pub access_token: SecretText,
    /// `expires_in`, in seconds.
    pub expires_in: u64,
    /// `refresh_token`
    pub refresh_token: Option<SecretText>,
    /// `id_token`
    pub id_token: Option<SecretText>,
    /// `scope`: what was granted, which may be less than was asked for.
    pub scopes: ScopeSet,
}

/// Trades what clients have for tokens.
pub struct TokenEndpoint {
    foundation: Arc<Foundation>,
    keys: Arc<KeyMaintenance>,
    clients: Arc<ClientAuthenticator>,
    access_tokens: Arc<MintAccessToken>,
    grant_types: Vec<Arc<dyn GrantType>>,
}

impl TokenEndpoint {
    /// With these grant types.
    pub fn new(
        foundation: Arc<Foundation>,
        keys: Arc<KeyMaintenance>,
        clients: Arc<ClientAuthenticator>,
        access_tokens: Arc<MintAccessToken>,
        grant_types: Vec<Arc<dyn GrantType>>,
    ) -> Self {
        Self {
            foundation,
            keys,
            clients,
            access_tokens,
            grant_types,
        }
    }

    /// The names of the grant types, for discovery.
    pub fn grant_type_names(&self) -> Vec<&'static str> {
        self.grant_types.iter().map(|grant| grant.name()).collect()
    }

    /// Answers a token request.
    pub async fn exchange(
        &self,
        realm: &ServedRealm,
        request: &ClientRequest<'_>,
        facts: &RequestFacts,
    ) -> Result<TokenAnswer, Error> {
        let now = self.foundation.clock.now();
        let client = self
            .clients
            .authenticate(realm, request, facts, now)
            .await?;
        let grant_type = self.pick(request)?;
        let request = GrantRequest {
            realm,
            client: &client,
            parameters: request.parameters,
            facts,
            now,
        };
        let exchanged = match allowed(&request, grant_type) {
            Ok(()) => grant_type.exchange(&request).await,
            Err(refused) => Err(refused),
        };
        match exchanged {
            Ok(issued) => Ok(self.sign(realm, &client, issued).await?),
            Err(refusal) => Err(self.refuse(&request, refusal).await),
        }
    }

    fn pick(&self, request: &ClientRequest<'_>) -> Result<&dyn GrantType, Denial> {
        let name = request
            .parameters
            .required("grant_type", "grant_type is missing")?;
        self.grant_types
            .iter()
            .find(|grant_type| grant_type.name() == name)
            .map(|grant_type| &**grant_type)
            .ok_or(Denial::new(
                ErrorCode::UnsupportedGrantType,
                "there is no such grant type here",
            ))
    }

    /// Records what must be recorded.
    async fn refuse(&self, request: &GrantRequest<'_>, refusal: Refusal) -> Error {
        match refusal {
            Refusal::Malformed(denial) => denial.into(),
            Refusal::Failed(failure) => failure.into(),
            Refusal::Known(refused) => {
                match refusals::record(&self.foundation, request, &refused).await {
                    Ok(()) => refused.denial.into(),
                    Err(failure) => failure.into(),
                }
            }
        }
    }

    async fn sign(
        &self,
        realm: &ServedRealm,
        client: &Client,
        issued: Issued,
    ) -> Result<TokenAnswer, Failure> {
        let access_token = self
            .access_tokens
            .sign(realm, client, &issued.access_token)
            .await?;
        let id_token = match &issued.id_token {
            None => None,
            Some(claims) => Some(
                self.id_token(realm, client, claims, &access_token, issued.at)
                    .await?,
            ),
        };
        Ok(TokenAnswer {
            access_token: SecretText::new(access_token),
            expires_in: issued.access_token.expires_in,
            refresh_token: issued.refresh_token,
            id_token: id_token.map(SecretText::new),
            scopes: issued.scopes,
        })
    }

    async fn id_token(
        &self,
        realm: &ServedRealm,
        client: &Client,
        claims: &IdTokenClaims,
        access_token: &str,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let plan = IdTokenPlan {
            realm,
            client,
            sub: &claims.sub,
            session: claims.session,
            authentication: &claims.authentication,
            nonce: claims.nonce.as_deref(),
            access_token: Some(access_token),
            code: None,
            // Userinfo has the standard ones: an access token is issued (OpenID Connect Core
            // §5.4). A realm's own are for applications that know it, and spare them a request.
            claims: &claims.attributes,
            now,
        };
        let signer = self.keys.signer(realm, client.id_token_algorithm).await?;
        Ok(signer.sign(TokenType::Jwt, &plan.payload()?)?)
    }
}

/// Whether the request is well-formed and the client registered for the grant type.
fn allowed(request: &GrantRequest<'_>, grant_type: &dyn GrantType) -> Result<(), Refusal> {
    for name in grant_type.parameters() {
        request.parameters.one(name)?;
    }
    if request.client.may_use(grant_type.name()) {
        return Ok(());
    }
    Err(Refused {
        denial: Denial::new(
            ErrorCode::UnauthorizedClient,
            "the client is not registered for this grant type",
        ),
        action: AuditAction::TokenIssued,
        reason: "unauthorized_client",
        subject: None,
        grant: None,
        consequence: Consequence::None,
    }
    .into())
}
