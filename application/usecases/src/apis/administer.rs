//! Registering APIs.

use std::sync::Arc;

use gatelodge_domain::api::{ApiIdentifier, Listing};
use gatelodge_domain::role::Protection;
use gatelodge_domain::{Api, AuditAction, AuditEvent, DisplayName, Id, Realm, Revision, Timestamp};
use gatelodge_ports::store::{Change, Duplicate, Listed, Lock, PageRequest};
use gatelodge_ports::{StoreError, UnitOfWork};
use serde_json::json;

use super::built_in::built_in_apis;
use crate::admin::{
    AdminError, Permit, Refusal, Right, ScopesRead, ScopesWrite, Work, built_in_first, changeable,
};
use crate::{ErrorCode, Foundation};

/// Registers APIs.
pub struct AdministerApis {
    foundation: Arc<Foundation>,
}

/// What a new API is.
#[derive(Debug, Clone)]
pub struct NewApi {
    /// What tokens call it.
    pub identifier: ApiIdentifier,
    /// The rest.
    pub registration: ApiUpdate,
}

/// What can be written of an API.
#[derive(Debug, Clone)]
pub struct ApiUpdate {
    /// What people see.
    pub name: DisplayName,
    /// Whether the server's metadata name it.
    pub listing: Listing,
}

impl AdministerApis {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// A page of the realm's APIs, the built-in one of `system` first.
    pub async fn list(
        &self,
        permit: &Permit<ScopesRead>,
        page: PageRequest<Api>,
    ) -> Result<Listed<Api>, AdminError> {
        let built_in = built_in_apis(&permit.realm().realm);
        let mut view = self.foundation.store.read().await?;
        let own = view.catalogue().list_apis(permit.realm_id(), page).await?;
        Ok(built_in_first(built_in, |api| api.id, page, own))
    }

    /// One API, by its row id or identifier.
    pub async fn get(&self, permit: &Permit<ScopesRead>, api: &str) -> Result<Api, AdminError> {
        self.find(permit, api).await
    }

    /// An API that is about to be changed; refused where it is built in.
    pub async fn get_to_change(
        &self,
        permit: &Permit<ScopesWrite>,
        api: &str,
    ) -> Result<Api, AdminError> {
        let api = self.find(permit, api).await?;
        changeable(api.protection, "this API is built in")?;
        Ok(api)
    }

    /// Registers an API.
    pub async fn create(
        &self,
        permit: &Permit<ScopesWrite>,
        new: NewApi,
    ) -> Result<Api, AdminError> {
        let foundation = &self.foundation;
        let realm = permit.realm_id();
        let mut built_in = built_in_apis(&permit.realm().realm).into_iter();
        if built_in.any(|api| api.identifier == new.identifier) {
            return Err(StoreError::Duplicate(Duplicate::ApiIdentifier).into());
        }
        let now = foundation.clock.now();
        let api = Api {
            id: foundation.rng.id(now),
            realm,
            identifier: new.identifier,
            name: new.registration.name,
            listing: new.registration.listing,
            protection: Protection::None,
            revision: Revision::FIRST,
            created_at: now,
        };
        let event = self.event(permit, &api, "created", now).await?;
        let mut work = Work::open(foundation, now).await?;
        work.unit.catalogue().insert_api(&api).await?;
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(api)
    }

    /// Changes an API whose revision is still that one.
    pub async fn update(
        &self,
        permit: &Permit<ScopesWrite>,
        id: Id<Api>,
        revision: Revision,
        update: ApiUpdate,
    ) -> Result<Api, AdminError> {
        let foundation = &self.foundation;
        let api = self.get_to_change(permit, &id.to_string()).await?;
        Refusal::if_changed(api.revision, revision)?;
        let api = Api {
            name: update.name,
            listing: update.listing,
            ..api
        };
        let now = foundation.clock.now();
        let event = self.event(permit, &api, "updated", now).await?;
        let mut work = Work::open(foundation, now).await?;
        let api = work.unit.catalogue().update_api(&api).await?;
        work.note(Change::Realm(api.realm)).await?;
        work.commit(&[event]).await?;
        Ok(api)
    }

    /// Removes an API, where its revision is still that one if one is named. Refused while
    /// scopes or permissions belong to it. Tokens for it stay what they are, and so do clients
    /// that name it as an audience.
    pub async fn delete(
        &self,
        permit: &Permit<ScopesWrite>,
        id: Id<Api>,
        revision: Option<Revision>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let api = self.get_to_change(permit, &id.to_string()).await?;
        Refusal::if_changed(api.revision, revision)?;
        let realm = permit.realm_id();
        let now = foundation.clock.now();
        let event = self.event(permit, &api, "deleted", now).await?;
        let mut work = Work::open(foundation, now).await?;
        // A scope that is being given to it waits, and then does not find it.
        work.unit.locks().lock(Lock::Realm(realm)).await?;
        if work.unit.catalogue().api_is_used(realm, id).await? {
            return Err(Refusal::new(
                ErrorCode::Protected,
                "scopes or permissions belong to this API; give them to another one first",
            )
            .into());
        }
        if !work.unit.catalogue().remove_api(realm, id).await? {
            return Err(no_api().into());
        }
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    async fn event(
        &self,
        permit: &Permit<ScopesWrite>,
        api: &Api,
        change: &'static str,
        now: Timestamp,
    ) -> Result<AuditEvent, AdminError> {
        let entry = permit
            .done(AuditAction::ApiChanged)
            .on("api", api.id)
            .with(json!({ "change": change, "api": api.identifier.as_str() }));
        Ok(permit.event(&self.foundation, entry, now).await?)
    }

    async fn find<P: Right>(&self, permit: &Permit<P>, text: &str) -> Result<Api, AdminError> {
        let (realm, id) = (permit.realm_id(), Id::parse(text).ok());
        let is_it = |api: &Api| Some(api.id) == id || api.identifier.as_str() == text;
        let mut built_in = built_in_apis(&permit.realm().realm).into_iter();
        if let Some(api) = built_in.find(is_it) {
            return Ok(api);
        }
        let mut view = self.foundation.store.read().await?;
        if let Some(id) = id
            && let Some(api) = view.catalogue().find_api(realm, id).await?
        {
            return Ok(api);
        }
        let identifier = ApiIdentifier::parse(text).map_err(|_| no_api())?;
        let catalogue = view.catalogue();
        let found = catalogue.find_api_by_identifier(realm, &identifier).await?;
        found.ok_or_else(|| no_api().into())
    }
}

/// Refuses to let something belong to an API that is not there. The realm is locked, so that the
/// API cannot go meanwhile.
pub(crate) async fn must_exist(
    unit: &mut (dyn UnitOfWork + '_),
    realm: Id<Realm>,
    api: Option<Id<Api>>,
) -> Result<(), AdminError> {
    let Some(api) = api else {
        return Ok(());
    };
    unit.locks().lock(Lock::Realm(realm)).await?;
    match unit.catalogue().find_api(realm, api).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::field("api", "there is no such API in this realm").into()),
    }
}

const fn no_api() -> Refusal {
    Refusal::not_found("there is no such API")
}
