//! Authorizations and remembered consents as an administrator sees them: listed, and ended.

use std::sync::Arc;

use gatelodge_domain::{AuditAction, Client, Consent, Grant, Id, User};
use gatelodge_ports::store::{Change, GrantFilter, Listed, PageRequest};
use serde_json::json;

use super::end_grant;
use crate::Foundation;
use crate::admin::{AdminError, GrantsRead, GrantsWrite, Permit, Refusal, Work};

/// Lists and ends grants and consents.
pub struct AdministerGrants {
    foundation: Arc<Foundation>,
}

impl AdministerGrants {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// A page of grants.
    pub async fn list(
        &self,
        permit: &Permit<GrantsRead>,
        filter: GrantFilter,
        page: PageRequest<Grant>,
    ) -> Result<Listed<Grant>, AdminError> {
        // Whose reach ends at groups asks person by person.
        permit.reach_owner(&self.foundation, filter.user).await?;
        let mut view = self.foundation.store.read().await?;
        Ok(view.grants().list(permit.realm_id(), filter, page).await?)
    }

    /// One grant.
    pub async fn get(
        &self,
        permit: &Permit<GrantsRead>,
        id: Id<Grant>,
    ) -> Result<Grant, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let found = view.grants().find(permit.realm_id(), id).await?;
        drop(view);
        permit
            .reach_owner(&self.foundation, owner(found.as_ref()))
            .await?;
        found.ok_or_else(|| no_grant().into())
    }

    /// Ends one with its codes, refresh families and access tokens.
    pub async fn end(&self, permit: &Permit<GrantsWrite>, id: Id<Grant>) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let mut view = foundation.store.read().await?;
        let found = view.grants().find(permit.realm_id(), id).await?;
        drop(view);
        permit
            .reach_owner(foundation, owner(found.as_ref()))
            .await?;
        if found.is_none_or(|grant| grant.ended_at.is_some()) {
            return Err(no_grant().into());
        }
        let entry = permit.done(AuditAction::GrantEnded).on("grant", id);
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        let unit = &mut *work.unit;
        end_grant(unit, &mut work.announcements, permit.realm_id(), id, now).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    /// What a person agreed to, client by client.
    pub async fn consents(
        &self,
        permit: &Permit<GrantsRead>,
        user: Id<User>,
    ) -> Result<Vec<Consent>, AdminError> {
        permit.reach_user(&self.foundation, user).await?;
        let mut view = self.foundation.store.read().await?;
        if view.users().find(permit.realm_id(), user).await?.is_none() {
            return Err(Refusal::not_found("there is no such user").into());
        }
        Ok(view.consents().list_of(permit.realm_id(), user).await?)
    }

    /// Withdraws a person's consent to a client, and with it every grant that they gave it.
    pub async fn withdraw(
        &self,
        permit: &Permit<GrantsWrite>,
        user: Id<User>,
        client: Id<Client>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        permit.reach_user(foundation, user).await?;
        let now = foundation.clock.now();
        let realm = permit.realm_id();
        let entry = permit
            .done(AuditAction::ConsentWithdrawn)
            .on("user", user)
            .with(json!({ "client": client.to_string() }));
        let event = permit.event(foundation, entry, now).await?;
        let mut work = Work::open(foundation, now).await?;
        if !work.unit.consents().remove(realm, user, client).await? {
            return Err(Refusal::not_found("there is no such consent").into());
        }
        work.note(Change::User(realm, user)).await?;
        let theirs = GrantFilter {
            user: Some(user),
            client: Some(client),
            ..GrantFilter::default()
        };
        let ended = work.unit.grants().end_matching(realm, theirs, now).await?;
        for grant in ended {
            let unit = &mut *work.unit;
            end_grant(unit, &mut work.announcements, realm, grant, now).await?;
        }
        work.commit(&[event]).await?;
        Ok(())
    }
}

/// Who gave it.
fn owner(grant: Option<&Grant>) -> Option<Id<User>> {
    grant.and_then(|grant| grant.party.subject.user())
}

const fn no_grant() -> Refusal {
    Refusal::not_found("there is no such grant, or it has ended")
}
