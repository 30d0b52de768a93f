//! What a newer release adds to the built-in parts of a store that an older one made: the
//! administrators' role allows everything that there is, and the built-in clients of `system` may
//! ask for it. Nothing is taken away, so that releases side by side do not undo each other.

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, AuditEvent, Client, ClientId, Permission, Realm, Role};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::Change;
use serde_json::json;

use super::built_in::{DOCS_CLIENT, LODGE_CLIENT};
use super::people::administrator_role_name;
use super::permissions::{admin_permissions, admin_scopes};
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::{Failure, Foundation};

/// Adds what is missing; on a store that lacks nothing it only looks.
pub(super) async fn complete(foundation: &Foundation, system: &Realm) -> Result<(), Failure> {
    let role = incomplete_role(foundation, system).await?;
    let clients = incomplete_clients(foundation, system).await?;
    if role.is_none() && clients.is_empty() {
        return Ok(());
    }
    let now = foundation.clock.now();
    let mut events = Vec::new();
    if let Some(role) = &role {
        let names: Vec<&str> = role.permissions.iter().map(Permission::as_str).collect();
        let entry = Entry::done(system.id, AuditActor::System, AuditAction::RoleChanged)
            .on("role", role.id)
            .with(json!({ "change": "upgraded", "permissions": names }));
        events.push(entry);
    }
    for client in &clients {
        let action = AuditAction::ClientUpdated;
        events.push(Entry::done(system.id, AuditActor::System, action).on("client", client.id));
    }
    let mut recorded = Vec::with_capacity(events.len());
    for entry in events {
        let request = RequestFacts::default();
        recorded.push(foundation.recorder.event(entry, &request, now).await?);
    }
    match write(foundation, system, role.as_ref(), &clients, &recorded).await {
        // Another node was quicker, and has done the same.
        Ok(()) | Err(StoreError::Stale) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn write(
    foundation: &Foundation,
    system: &Realm,
    role: Option<&Role>,
    clients: &[Client],
    events: &[AuditEvent],
) -> Result<(), StoreError> {
    let now = foundation.clock.now();
    let mut unit = foundation.store.write().await?;
    let mut announcements = Announcements::new();
    if let Some(role) = role {
        unit.roles().update(role).await?;
    }
    for client in clients {
        unit.clients().update(client).await?;
        let change = Change::Client(system.id, client.id);
        announcements.note(&mut *unit, change, now).await?;
    }
    unit.audit().append(events).await?;
    unit.commit().await?;
    announcements.apply(foundation);
    Ok(())
}

async fn incomplete_role(foundation: &Foundation, system: &Realm) -> Result<Option<Role>, Failure> {
    let every = admin_permissions().map_err(|error| Failure::Broken(error.into()))?;
    let name = administrator_role_name()?;
    let mut view = foundation.store.read().await?;
    let role = view.roles().find_by_name(system.id, &name).await?;
    let lacking = role.filter(|role| !every.is_subset(&role.permissions));
    Ok(lacking.map(|mut role| {
        role.permissions.extend(every);
        role
    }))
}

async fn incomplete_clients(
    foundation: &Foundation,
    system: &Realm,
) -> Result<Vec<Client>, Failure> {
    let every = admin_scopes().map_err(|error| Failure::Broken(error.into()))?;
    let mut view = foundation.store.read().await?;
    let mut lacking = Vec::new();
    for name in [DOCS_CLIENT, LODGE_CLIENT] {
        let id = ClientId::parse(name).map_err(|error| Failure::Broken(error.into()))?;
        let client = view.clients().find_by_client_id(system.id, &id).await?;
        if let Some(mut client) = client
            && !every.is_subset(&client.scopes)
        {
            client.scopes = client.scopes.union(&every);
            client.updated_at = foundation.clock.now();
            lacking.push(client);
        }
    }
    Ok(lacking)
}
