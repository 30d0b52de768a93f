//! Changing a client's registration.

use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::{AuditAction, Client, Revision};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::AdministerClients;
use super::administer::check;
use super::registration::ClientRegistration;
use crate::admin::{AdminError, ClientsWrite, Permit, Refusal, Work};

impl AdministerClients {
    /// Replaces the registration of a client whose revision is still that one. Disabling voids
    /// its access tokens; becoming public takes its secrets away.
    pub async fn update(
        &self,
        permit: &Permit<ClientsWrite>,
        client_id: &str,
        revision: Revision,
        registration: ClientRegistration,
    ) -> Result<Client, AdminError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let was = self.get_to_change(permit, client_id).await?;
        if was.revision != revision {
            return Err(Refusal::stale().into());
        }
        let was_enabled = was.is_enabled();
        let mut client = registration.over(was, now);
        if !client.is_confidential() {
            client.secrets.clear();
        }
        check(&client)?;
        let entry = permit
            .done(AuditAction::ClientUpdated)
            .on("client", client.id)
            .with(json!({ "enabled": client.is_enabled() }));
        let event = foundation
            .recorder
            .event(entry, permit.request(), now)
            .await?;
        let mut work = Work::open(foundation, now).await?;
        let client = work.unit.clients().update(&client).await?;
        if was_enabled && !client.is_enabled() {
            work.raise(client.realm, WatermarkOwner::Client(client.id))
                .await?;
        }
        work.note(Change::Client(client.realm, client.id)).await?;
        work.commit(&[event]).await?;
        Ok(client)
    }
}
