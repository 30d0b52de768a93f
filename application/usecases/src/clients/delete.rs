//! Removing a client with everything that was given to it.

use gatelodge_domain::client::ClientOrigin;
use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::{AuditAction, Client, Revision};
use gatelodge_ports::store::{Change, GrantFilter, PageRequest};
use serde_json::json;

use super::AdministerClients;
use super::administer::no_client;
use crate::ErrorCode;
use crate::admin::{AdminError, ClientsWrite, Permit, Refusal, Work};

/// Rows of each kind that are removed in one turn.
const TURN: u16 = 200;

impl AdministerClients {
    /// Removes a client, where its revision is still that one if one is named. Built-in ones
    /// stay.
    pub async fn delete(
        &self,
        permit: &Permit<ClientsWrite>,
        client_id: &str,
        revision: Option<Revision>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let client = self.get_to_change(permit, client_id).await?;
        Refusal::if_changed(client.revision, revision)?;
        if client.origin == ClientOrigin::BuiltIn {
            return Err(Refusal::new(
                ErrorCode::Protected,
                "a built-in client cannot be deleted; it can be disabled",
            )
            .into());
        }
        self.strip(permit, &client).await?;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::ClientDeleted)
            .on("client", client.id)
            .with(json!({ "client_id": client.client_id.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        if !work.unit.clients().remove(client.realm, client.id).await? {
            return Err(no_client().into());
        }
        work.raise(client.realm, WatermarkOwner::Client(client.id))
            .await?;
        work.note(Change::Client(client.realm, client.id)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    /// Takes away what the client holds in turns, where that is much: its access tokens first,
    /// with a record, since whoever is interrupted here leaves a client without grants.
    async fn strip(
        &self,
        permit: &Permit<ClientsWrite>,
        client: &Client,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let its = GrantFilter {
            client: Some(client.id),
            ..GrantFilter::default()
        };
        let mut view = foundation.store.read().await?;
        let grants = view.grants();
        let many = grants.list(client.realm, its, PageRequest::first(TURN));
        let many = many.await?.more;
        drop(view);
        if !many {
            return Ok(());
        }
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::ClientSignedOut)
            .on("client", client.id)
            .with(json!({ "client_id": client.client_id.as_str() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        work.raise(client.realm, WatermarkOwner::Client(client.id))
            .await?;
        work.commit(&[event]).await?;
        loop {
            let mut unit = foundation.store.write().await?;
            let removed = unit.clients().strip(client.realm, client.id, TURN).await?;
            unit.commit().await?;
            if removed == 0 {
                return Ok(());
            }
        }
    }
}
