//! Reading what somebody may do.

use std::sync::Arc;

use gatelodge_domain::{ClientId, Id, Role, Subject, User};

use super::explain::Held;
use super::{EffectivePermission, Reason};
use crate::Foundation;
use crate::admin::{AdminError, Permit, Refusal, RolesRead};

/// Tells what people and clients may do.
pub struct ReadRights {
    foundation: Arc<Foundation>,
}

impl ReadRights {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Everything that a person may do, and why.
    pub async fn of_user(
        &self,
        permit: &Permit<RolesRead>,
        user: Id<User>,
    ) -> Result<Vec<EffectivePermission>, AdminError> {
        permit.reach_user(&self.foundation, user).await?;
        let mut view = self.foundation.store.read().await?;
        if view.users().find(permit.realm_id(), user).await?.is_none() {
            return Err(Refusal::not_found("there is no such user").into());
        }
        drop(view);
        self.of(permit, Subject::User(user)).await
    }

    /// Everything that a client may do for itself, and why.
    pub async fn of_client(
        &self,
        permit: &Permit<RolesRead>,
        client_id: &str,
    ) -> Result<Vec<EffectivePermission>, AdminError> {
        permit.reach_realm(&self.foundation).await?;
        let missing = || Refusal::not_found("there is no such client");
        let client_id = ClientId::parse(client_id).map_err(|_| missing())?;
        let mut view = self.foundation.store.read().await?;
        let found = view
            .clients()
            .find_by_client_id(permit.realm_id(), &client_id)
            .await?;
        drop(view);
        let client = found.ok_or_else(missing)?;
        self.of(permit, Subject::Client(client.id)).await
    }

    async fn of(
        &self,
        permit: &Permit<RolesRead>,
        subject: Subject,
    ) -> Result<Vec<EffectivePermission>, AdminError> {
        let realm = permit.realm_id();
        // One moment, or a role could be missing on the way to another.
        let mut view = self.foundation.store.read_consistent().await?;
        let holdings = view.roles().holdings_of(realm, subject).await?;
        let roles = view.roles().held_by(realm, subject).await?;
        let ids: Vec<Id<Role>> = roles.iter().map(|role| role.id).collect();
        let inclusions = view.roles().inclusions(realm, &ids).await?;
        let groups = match subject.user() {
            Some(user) => view.roles().groups_of(realm, user).await?,
            None => Vec::new(),
        };
        let held = Held {
            holdings,
            roles,
            inclusions,
            groups,
        };
        Ok(held.explain())
    }
}

/// The reasons for one permission among them; none where it is not held.
pub fn reasons_for(all: &[EffectivePermission], permission: &str) -> Vec<Reason> {
    let found = all.iter().find(|one| one.permission.as_str() == permission);
    found.map_or_else(Vec::new, |one| one.because.clone())
}
