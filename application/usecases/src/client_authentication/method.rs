//! What a method of client authentication is.

use async_trait::async_trait;
use gatelodge_domain::client::ClientAuthenticationMethod;
use gatelodge_domain::{Client, SecretText, Timestamp};

use crate::{Denial, Failure, Foundation, Parameters};

/// The parts of a request in which credentials may be.
#[derive(Clone, Copy)]
pub struct ClientRequest<'a> {
    /// The `Authorization` header's value, if there is one.
    pub authorization: Option<&'a str>,
    /// The body.
    pub parameters: &'a Parameters,
}

/// What a request says about its client by one method.
#[derive(Debug)]
pub struct PresentedClient {
    /// The claimed `client_id`, not checked yet.
    pub client_id: String,
    /// The secret beside it, where the method has one.
    pub secret: Option<SecretText>,
}

/// Whether the proof holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It does.
    Given,
    /// It does not.
    Wrong,
}

/// A method of client authentication.
#[async_trait]
pub trait ClientAuthentication: Send + Sync {
    /// Its registered name.
    fn method(&self) -> ClientAuthenticationMethod;

    /// What the request presents by this method; `None` when it does not use it.
    fn present(&self, request: &ClientRequest<'_>) -> Result<Option<PresentedClient>, Denial>;

    /// Whether what was presented proves that client.
    async fn prove(
        &self,
        foundation: &Foundation,
        client: &Client,
        presented: &PresentedClient,
        now: Timestamp,
    ) -> Result<Proof, Failure>;
}
