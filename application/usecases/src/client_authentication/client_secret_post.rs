//! `client_secret_post`: id and secret in the body (RFC 6749 §2.3.1).

use async_trait::async_trait;
use gatelodge_domain::client::ClientAuthenticationMethod;
use gatelodge_domain::{Client, SecretText, Timestamp};

use super::secret::prove_secret;
use super::{ClientAuthentication, ClientRequest, PresentedClient, Proof};
use crate::{Denial, ErrorCode, Failure, Foundation};

/// `client_secret_post`
pub struct ClientSecretPost;

#[async_trait]
impl ClientAuthentication for ClientSecretPost {
    fn method(&self) -> ClientAuthenticationMethod {
        ClientAuthenticationMethod::ClientSecretPost
    }

    fn present(&self, request: &ClientRequest<'_>) -> Result<Option<PresentedClient>, Denial> {
        let Some(secret) = request.parameters.one("client_secret")? else {
            return Ok(None);
        };
        let client_id = request.parameters.one("client_id")?.ok_or(Denial::new(
            ErrorCode::InvalidRequest,
            "client_secret is there, client_id is missing",
        ))?;
        Ok(Some(PresentedClient {
            client_id: client_id.to_owned(),
            secret: Some(SecretText::new(secret.to_owned())),
        }))
    }

    async fn prove(
        &self,
        foundation: &Foundation,
        client: &Client,
        presented: &PresentedClient,
        now: Timestamp,
    ) -> Result<Proof, Failure> {
        Ok(prove_secret(foundation, client, presented, now))
    }
}
