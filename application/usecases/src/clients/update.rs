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
    /// its access tokens; becoming public takes its secrets away. In `system`, one that acts for
    /// people is changed only by whoever may do everything there.
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
        Refusal::if_changed(was.revision, revision)?;
        let before = was.clone();
        let mut client = registration.over(was, now);
        if !client.is_confidential() {
            client.secrets.clear();
        }
        check(&client)?;
        self.may_act(permit, &before).await?;
        self.may_act(permit, &client).await?;
        let mut events = Vec::new();
        for action in actions(&before, &client) {
            let entry = permit
                .done(action)
                .on("client", client.id)
                .with(json!({ "enabled": client.is_enabled() }));
            events.push(permit.event(foundation, entry, now).await?);
        }
        let mut work = Work::open(foundation, now).await?;
        let client = work.unit.clients().update(&client).await?;
        if before.is_enabled() && !client.is_enabled() {
            work.raise(client.realm, WatermarkOwner::Client(client.id))
                .await?;
        }
        work.note(Change::Client(client.realm, client.id)).await?;
        work.commit(&events).await?;
        Ok(client)
    }
}

/// What a change amounts to: being switched on or off is told by itself, and the change of
/// anything else beside it.
fn actions(before: &Client, after: &Client) -> Vec<AuditAction> {
    let mut actions = Vec::new();
    let switched = match (before.is_enabled(), after.is_enabled()) {
        (false, true) => Some(AuditAction::ClientEnabled),
        (true, false) => Some(AuditAction::ClientDisabled),
        (true, true) | (false, false) => None,
    };
    let same_but_for_that = Client {
        status: before.status,
        updated_at: before.updated_at,
        ..after.clone()
    };
    if switched.is_none() || same_but_for_that != *before {
        actions.push(AuditAction::ClientUpdated);
    }
    actions.extend(switched);
    actions
}
