//! Registering a client.

use gatelodge_domain::client::ClientAuthenticationMethod as Method;
use gatelodge_domain::id::base32;
use gatelodge_domain::{AuditAction, Client, ClientId, SecretText};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerClients;
use super::administer::check;
use super::registration::ClientRegistration;
use super::secrets::{SuppliedSecret, make_secret};
use crate::admin::{AdminError, ClientsWrite, Permit, Refusal, Work};
use crate::{Failure, Foundation};

/// A client to be registered.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// Its identifier; made here without.
    pub client_id: Option<ClientId>,
    /// Its secret, where it authenticates by one; made here without.
    pub secret: Option<SuppliedSecret>,
    /// Everything else.
    pub registration: ClientRegistration,
}

/// A client that was just registered: the only moment when its secret's text is there.
#[derive(Debug)]
pub struct CreatedClient {
    /// The client.
    pub client: Client,
    /// The secret's text, where it was made here.
    pub secret: Option<SecretText>,
}

impl AdministerClients {
    /// Registers a client. In `system`, one that acts for people only by whoever may do everything
    /// there.
    pub async fn create(
        &self,
        permit: &Permit<ClientsWrite>,
        new: NewClient,
    ) -> Result<CreatedClient, AdminError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let client_id = match new.client_id {
            Some(chosen) => chosen,
            None => random_client_id(foundation)?,
        };
        let mut client =
            new.registration
                .into_client(foundation.rng.id(now), permit.realm_id(), client_id, now);
        let mut secret = None;
        if takes_secret(&client) {
            let created = make_secret(foundation, permit, new.secret, None, now);
            client.secrets.push(created.stored);
            secret = created.text;
        } else if new.secret.is_some() {
            return Err(Refusal::field(
                "client_secret",
                "a client with this `token_endpoint_auth_method` has no secret",
            )
            .into());
        }
        check(&client)?;
        self.may_act(permit, &client).await?;
        let entry = permit
            .done(AuditAction::ClientCreated)
            .on("client", client.id)
            .with(json!({ "client_id": client.client_id.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        work.unit.clients().insert(&client).await?;
        work.note(Change::Client(client.realm, client.id)).await?;
        work.commit(&[event]).await?;
        Ok(CreatedClient { client, secret })
    }
}

fn takes_secret(client: &Client) -> bool {
    match client.authentication {
        Method::ClientSecretBasic | Method::ClientSecretPost | Method::ClientSecretJwt => true,
        Method::None
        | Method::PrivateKeyJwt
        | Method::TlsClientAuth
        | Method::SelfSignedTlsClientAuth => false,
    }
}

/// A random identifier, which tells nothing of the row.
pub(crate) fn random_client_id(foundation: &Foundation) -> Result<ClientId, Failure> {
    let random = base32(&foundation.rng.bytes::<16>());
    ClientId::parse(&format!("c_{random}")).map_err(|error| Failure::Broken(error.into()))
}
