//! Giving roles to groups and to clients that act for themselves. Those of people are at
//! [`crate::users`].

use gatelodge_domain::{AuditAction, Client, ClientId, Role, Subject};
use gatelodge_ports::store::Change;
use serde_json::json;

use super::{AdministerRoles, HeldRole, held_roles};
use crate::admin::{AdminError, Permit, Refusal, Right, RolesRead, RolesWrite, Work};
use crate::groups::{find_group, no_group};
use crate::users::LastAdministrator;

/// Whether a role is given or taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Give,
    Take,
}

impl AdministerRoles {
    /// What a client that acts for itself holds, inclusions with it.
    pub async fn of_client(
        &self,
        permit: &Permit<RolesRead>,
        client_id: &str,
    ) -> Result<Vec<HeldRole>, AdminError> {
        permit.reach_realm(&self.foundation).await?;
        let client = self.client(permit, client_id).await?;
        let mut view = self.foundation.store.read().await?;
        let subject = Subject::Client(client.id);
        Ok(held_roles(view.roles(), permit.realm_id(), subject).await?)
    }

    /// Gives a role to a client; giving it again changes nothing.
    pub async fn assign_to_client(
        &self,
        permit: &Permit<RolesWrite>,
        client_id: &str,
        role: &str,
    ) -> Result<(), AdminError> {
        self.turn_of_client(permit, client_id, role, Turn::Give)
            .await
    }

    /// Takes a role from a client.
    pub async fn unassign_from_client(
        &self,
        permit: &Permit<RolesWrite>,
        client_id: &str,
        role: &str,
    ) -> Result<(), AdminError> {
        self.turn_of_client(permit, client_id, role, Turn::Take)
            .await
    }

    async fn turn_of_client(
        &self,
        permit: &Permit<RolesWrite>,
        client_id: &str,
        role: &str,
        turn: Turn,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        permit.reach_realm(foundation).await?;
        let client = self.client(permit, client_id).await?;
        let role = self.find(permit, role).await?;
        let subject = Subject::Client(client.id);
        // A client that may do more than the caller is not theirs to arm or disarm.
        self.administrators.outranks(permit, subject).await?;
        self.administrators.may_give(permit, &[role.id]).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = permit
            .done(AuditAction::RoleAssigned)
            .on("client", client.id)
            .with(json!({ "role": role.name.as_str(), "held": turn == Turn::Give }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let roles = work.unit.roles();
        match turn {
            Turn::Give => {
                if !roles.assign(realm, role.id, subject).await? {
                    return Ok(());
                }
            }
            Turn::Take => {
                if !roles.unassign(realm, role.id, subject).await? {
                    let message = "the client does not hold that role directly";
                    return Err(Refusal::not_found(message).into());
                }
            }
        }
        work.note(Change::Client(realm, client.id)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    /// The roles given to a group, without what they include.
    pub async fn of_group(
        &self,
        permit: &Permit<RolesRead>,
        group: &str,
    ) -> Result<Vec<Role>, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let realm = permit.realm_id();
        let found = find_group(view.roles(), realm, group).await?;
        drop(view);
        let id = found.as_ref().map(|group| group.id);
        permit.reach_group(&self.foundation, id).await?;
        let group = found.ok_or_else(no_group)?;
        let mut view = self.foundation.store.read().await?;
        Ok(view.roles().roles_of_group(realm, group.id).await?)
    }

    /// Gives a role to everybody in a group; giving it again changes nothing.
    pub async fn assign_to_group(
        &self,
        permit: &Permit<RolesWrite>,
        group: &str,
        role: &str,
    ) -> Result<(), AdminError> {
        self.turn_of_group(permit, group, role, Turn::Give).await
    }

    /// Takes a role from a group. The last active administrator keeps theirs.
    pub async fn unassign_from_group(
        &self,
        permit: &Permit<RolesWrite>,
        group: &str,
        role: &str,
    ) -> Result<(), AdminError> {
        self.turn_of_group(permit, group, role, Turn::Take).await
    }

    async fn turn_of_group(
        &self,
        permit: &Permit<RolesWrite>,
        group: &str,
        role: &str,
        turn: Turn,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        permit.reach_realm(foundation).await?;
        let realm = permit.realm_id();
        let mut view = foundation.store.read().await?;
        let group = find_group(view.roles(), realm, group).await?;
        drop(view);
        let group = group.ok_or_else(no_group)?;
        let role = self.find(permit, role).await?;
        self.administrators.may_give(permit, &[role.id]).await?;
        let now = foundation.clock.now();
        let entry = permit
            .done(AuditAction::RoleAssigned)
            .on("group", group.id)
            .with(json!({
                "group": group.name.as_str(),
                "role": role.name.as_str(),
                "held": turn == Turn::Give,
            }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let guard = LastAdministrator::watch(&mut work, permit).await?;
        let roles = work.unit.roles();
        if roles.find_group(realm, group.id).await?.is_none() {
            return Err(no_group().into());
        }
        match turn {
            Turn::Give => {
                if !roles.assign_to_group(realm, role.id, group.id).await? {
                    return Ok(());
                }
            }
            Turn::Take => {
                if !roles.unassign_from_group(realm, role.id, group.id).await? {
                    let message = "the group does not hold that role itself";
                    return Err(Refusal::not_found(message).into());
                }
            }
        }
        guard.check(&mut work).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    async fn client<P: Right>(
        &self,
        permit: &Permit<P>,
        client_id: &str,
    ) -> Result<Client, AdminError> {
        let missing = || Refusal::not_found("there is no such client");
        let client_id = ClientId::parse(client_id).map_err(|_| missing())?;
        let mut view = self.foundation.store.read().await?;
        let found = view
            .clients()
            .find_by_client_id(permit.realm_id(), &client_id)
            .await?;
        found.ok_or_else(|| missing().into())
    }
}
