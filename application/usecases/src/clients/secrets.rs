//! Client secrets: made here or supplied, several at once, so that one can be replaced while
//! the other still works.

use gatelodge_domain::client::ClientSecret;
use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
use gatelodge_domain::{AuditAction, Client, Id, SecretText, Timestamp};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerClients;
use super::administer::check;
use crate::Foundation;
use crate::admin::{AdminError, ClientsRead, ClientsWrite, Permit, Refusal, Work};
use crate::client_authentication::client_secret_digest;

/// The fewest characters of a supplied secret.
const SHORTEST: usize = 32;
/// The most; a longer one would not fit into a header.
const LONGEST: usize = 512;

/// A secret that an operator brings along, long enough to be one.
#[derive(Debug, Clone)]
pub struct SuppliedSecret(SecretText);

impl SuppliedSecret {
    /// Takes a supplied secret: 32 to 512 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = |why| Err(Refusal::field("client_secret", why));
        if text.len() < SHORTEST {
            return refused(
                "a supplied secret has at least 32 characters of generated material; `openssl rand -base64 32` makes one",
            );
        }
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refused("a supplied secret has at most 512 visible ASCII characters");
        }
        Ok(Self(SecretText::new(text.to_owned())))
    }
}

/// A secret to be added.
#[derive(Debug, Clone, Default)]
pub struct NewSecret {
    /// What it is; made here without.
    pub supplied: Option<SuppliedSecret>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When every secret that works now stops working, unless it does so earlier.
    pub expire_others_at: Option<Timestamp>,
}

/// A secret that was just made: the only moment when its text is there.
#[derive(Debug)]
pub struct CreatedSecret {
    /// What is kept of it.
    pub stored: ClientSecret,
    /// The text, where it was made here; whoever supplied one has it already.
    pub text: Option<SecretText>,
}

/// Makes or takes a secret.
pub(super) fn make_secret(
    foundation: &Foundation,
    permit: &Permit<ClientsWrite>,
    supplied: Option<SuppliedSecret>,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> CreatedSecret {
    let made = supplied.is_none();
    let text = supplied.map_or_else(
        || OpaqueToken::mint(TokenKind::ClientSecret, &foundation.rng.bytes::<32>()),
        |supplied| supplied.0,
    );
    let digest = client_secret_digest(&*foundation.vault, permit.realm_id(), text.expose());
    CreatedSecret {
        stored: ClientSecret {
            id: foundation.rng.id(now),
            digest,
            sealed: None,
            created_at: now,
            expires_at,
        },
        text: made.then_some(text),
    }
}

impl AdministerClients {
    /// Which of a client's live secrets that is; `None` where it is none of them. For whoever
    /// keeps a secret elsewhere and has to know whether it is still the same: no digest leaves
    /// the house, so nothing can be guessed at in peace.
    pub async fn find_secret(
        &self,
        permit: &Permit<ClientsRead>,
        client_id: &str,
        supplied: &SuppliedSecret,
    ) -> Result<Option<ClientSecret>, AdminError> {
        let foundation = &self.foundation;
        let client = self.get(permit, client_id).await?;
        let now = foundation.clock.now();
        let vault = &*foundation.vault;
        let digest = client_secret_digest(vault, permit.realm_id(), supplied.0.expose());
        // `Digest` compares in constant time. Of two alike, the one that works longest.
        let fitting = client
            .live_secrets(now)
            .filter(|live| live.digest == digest)
            .max_by_key(|live| (live.expires_at.is_none(), live.expires_at));
        Ok(fitting.cloned())
    }

    /// Adds a secret. Those that no longer work make room for it.
    pub async fn add_secret(
        &self,
        permit: &Permit<ClientsWrite>,
        client_id: &str,
        new: NewSecret,
    ) -> Result<CreatedSecret, AdminError> {
        let foundation = &self.foundation;
        let mut client = self.get_to_change(permit, client_id).await?;
        let now = foundation.clock.now();
        if new.expires_at.is_some_and(|end| end <= now) {
            return Err(Refusal::field("expires_at", "this moment has passed").into());
        }
        client
            .secrets
            .retain(|secret| secret.expires_at.is_none_or(|end| now < end));
        if let Some(end) = new.expire_others_at {
            for secret in &mut client.secrets {
                secret.expires_at = Some(secret.expires_at.map_or(end, |was| was.min(end)));
            }
        }
        let created = make_secret(foundation, permit, new.supplied, new.expires_at, now);
        client.secrets.push(created.stored.clone());
        client.updated_at = now;
        check(&client)?;
        let action = AuditAction::ClientSecretCreated;
        self.write_secrets(permit, &client, action, created.stored.id, now)
            .await?;
        Ok(created)
    }

    /// Removes a secret; it stops working at once.
    pub async fn remove_secret(
        &self,
        permit: &Permit<ClientsWrite>,
        client_id: &str,
        secret: Id<ClientSecret>,
    ) -> Result<(), AdminError> {
        let mut client = self.get_to_change(permit, client_id).await?;
        let now = self.foundation.clock.now();
        let before = client.secrets.len();
        client.secrets.retain(|known| known.id != secret);
        if client.secrets.len() == before {
            return Err(Refusal::not_found("the client has no such secret").into());
        }
        client.updated_at = now;
        let action = AuditAction::ClientSecretDeleted;
        self.write_secrets(permit, &client, action, secret, now)
            .await
    }

    async fn write_secrets(
        &self,
        permit: &Permit<ClientsWrite>,
        client: &Client,
        action: AuditAction,
        secret: Id<ClientSecret>,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let entry = permit
            .done(action)
            .on("client", client.id)
            .with(json!({ "secret": secret.to_string(), "client_id": client.client_id.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        work.unit.clients().update(client).await?;
        work.note(Change::Client(client.realm, client.id)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }
}
