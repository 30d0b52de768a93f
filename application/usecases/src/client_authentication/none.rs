//! `none`: a public client names itself by `client_id` (RFC 6749 §3.2.1). What protects it is
//! PKCE and the rotation of its refresh tokens.

use async_trait::async_trait;
use gatelodge_domain::client::ClientAuthenticationMethod;
use gatelodge_domain::{Client, Timestamp};

use super::client_secret_basic::is_basic;
use super::{ClientAuthentication, ClientRequest, PresentedClient, Proof};
use crate::{Denial, Failure, Foundation};

/// `none`
pub struct NoAuthentication;

#[async_trait]
impl ClientAuthentication for NoAuthentication {
    fn method(&self) -> ClientAuthenticationMethod {
        ClientAuthenticationMethod::None
    }

    /// A bare `client_id`. Beside credentials of another method it is only a repetition.
    fn present(&self, request: &ClientRequest<'_>) -> Result<Option<PresentedClient>, Denial> {
        let parameters = request.parameters;
        let has_credentials = request.authorization.is_some_and(is_basic)
            || parameters.one("client_secret")?.is_some()
            || parameters.one("client_assertion")?.is_some();
        let client_id = parameters.one("client_id")?;
        Ok(client_id
            .filter(|_| !has_credentials)
            .map(|client_id| PresentedClient {
                client_id: client_id.to_owned(),
                secret: None,
            }))
    }

    async fn prove(
        &self,
        _foundation: &Foundation,
        _client: &Client,
        _presented: &PresentedClient,
        _now: Timestamp,
    ) -> Result<Proof, Failure> {
        // Registered to have nothing to prove; that it is, was compared before.
        Ok(Proof::Given)
    }
}
