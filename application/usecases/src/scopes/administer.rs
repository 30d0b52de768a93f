//! Defining scopes.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::api::Listing;
use gatelodge_domain::role::Protection;
use gatelodge_domain::{
    Api, AuditAction, AuditEvent, DisplayName, Id, Permission, Revision, Scope, ScopeDefinition,
    Timestamp,
};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{Change, Duplicate, Listed, PageRequest};
use serde_json::json;

use super::built_in_scopes;
use crate::admin::{
    AdminError, Permit, Refusal, Right, ScopesRead, ScopesWrite, Work, built_in_first, changeable,
};
use crate::apis::must_exist;
use crate::{ErrorCode, Foundation};

/// Defines scopes.
pub struct AdministerScopes {
    foundation: Arc<Foundation>,
}

/// What a new scope is.
#[derive(Debug, Clone)]
pub struct NewScope {
    /// The scope.
    pub name: Scope,
    /// The rest.
    pub definition: ScopeUpdate,
}

/// What can be written of a scope.
#[derive(Debug, Clone)]
pub struct ScopeUpdate {
    /// What the consent page says.
    pub description: Option<DisplayName>,
    /// The API it belongs to.
    pub api: Option<Id<Api>>,
    /// What a subject must hold, all of it, for the scope to be granted.
    pub requires: BTreeSet<Permission>,
    /// Whether discovery names it.
    pub listing: Listing,
}

impl AdministerScopes {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// A page of the realm's scopes, the built-in ones first.
    pub async fn list(
        &self,
        permit: &Permit<ScopesRead>,
        page: PageRequest<ScopeDefinition>,
    ) -> Result<Listed<ScopeDefinition>, AdminError> {
        let built_in = built_in_scopes(&permit.realm().realm);
        let mut view = self.foundation.store.read().await?;
        let own = view
            .catalogue()
            .list_scopes(permit.realm_id(), page)
            .await?;
        Ok(built_in_first(built_in, |scope| scope.id, page, own))
    }

    /// One scope, by its row id or name.
    pub async fn get(
        &self,
        permit: &Permit<ScopesRead>,
        scope: &str,
    ) -> Result<ScopeDefinition, AdminError> {
        self.find(permit, scope).await
    }

    /// A scope that is about to be changed; refused where it is built in.
    pub async fn get_to_change(
        &self,
        permit: &Permit<ScopesWrite>,
        scope: &str,
    ) -> Result<ScopeDefinition, AdminError> {
        let scope = self.find(permit, scope).await?;
        changeable(scope.protection, "this scope is built in")?;
        Ok(scope)
    }

    /// Defines a scope.
    pub async fn create(
        &self,
        permit: &Permit<ScopesWrite>,
        new: NewScope,
    ) -> Result<ScopeDefinition, AdminError> {
        let foundation = &self.foundation;
        let realm = permit.realm_id();
        let mut built_in = built_in_scopes(&permit.realm().realm).into_iter();
        if built_in.any(|scope| scope.name == new.name) {
            return Err(StoreError::Duplicate(Duplicate::ScopeName).into());
        }
        let now = foundation.clock.now();
        let scope = ScopeDefinition {
            id: foundation.rng.id(now),
            realm,
            name: new.name,
            description: new.definition.description,
            api: new.definition.api,
            requires: new.definition.requires,
            listing: new.definition.listing,
            protection: Protection::None,
            revision: Revision::FIRST,
            created_at: now,
        };
        check(&scope)?;
        let event = self.event(permit, &scope, "created", now).await?;
        let mut work = Work::open(foundation, now).await?;
        must_exist(&mut *work.unit, realm, scope.api).await?;
        work.unit.catalogue().insert_scope(&scope).await?;
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(scope)
    }

    /// Changes a scope whose revision is still that one.
    pub async fn update(
        &self,
        permit: &Permit<ScopesWrite>,
        id: Id<ScopeDefinition>,
        revision: Revision,
        update: ScopeUpdate,
    ) -> Result<ScopeDefinition, AdminError> {
        let foundation = &self.foundation;
        let scope = self.get_to_change(permit, &id.to_string()).await?;
        Refusal::if_changed(scope.revision, revision)?;
        let realm = permit.realm_id();
        let scope = ScopeDefinition {
            description: update.description,
            api: update.api,
            requires: update.requires,
            listing: update.listing,
            ..scope
        };
        check(&scope)?;
        let now = foundation.clock.now();
        let event = self.event(permit, &scope, "updated", now).await?;
        let mut work = Work::open(foundation, now).await?;
        must_exist(&mut *work.unit, realm, scope.api).await?;
        let scope = work.unit.catalogue().update_scope(&scope).await?;
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(scope)
    }

    /// Removes a definition, where its revision is still that one if one is named. A scope that
    /// asks for permissions is not removed: its name would go on in clients, for everybody.
    pub async fn delete(
        &self,
        permit: &Permit<ScopesWrite>,
        id: Id<ScopeDefinition>,
        revision: Option<Revision>,
    ) -> Result<(), AdminError> {
        let foundation = &self.foundation;
        let scope = self.get_to_change(permit, &id.to_string()).await?;
        Refusal::if_changed(scope.revision, revision)?;
        if !scope.requires.is_empty() {
            return Err(Refusal::new(
                ErrorCode::Protected,
                "clients that are registered for this scope would then get it for everybody; \
                 take it from them and empty `requires` first",
            )
            .into());
        }
        let realm = permit.realm_id();
        let now = foundation.clock.now();
        let event = self.event(permit, &scope, "deleted", now).await?;
        let mut work = Work::open(foundation, now).await?;
        let catalogue = work.unit.catalogue();
        // Stale if it was changed meanwhile, and held until it is gone.
        catalogue.update_scope(&scope).await?;
        catalogue.remove_scope(realm, id).await?;
        work.note(Change::Realm(realm)).await?;
        work.commit(&[event]).await?;
        Ok(())
    }

    async fn event(
        &self,
        permit: &Permit<ScopesWrite>,
        scope: &ScopeDefinition,
        change: &'static str,
        now: Timestamp,
    ) -> Result<AuditEvent, AdminError> {
        let requires: Vec<&str> = scope.requires.iter().map(Permission::as_str).collect();
        let entry = permit
            .done(AuditAction::ScopeChanged)
            .on("scope", scope.id)
            .with(json!({
                "change": change,
                "scope": scope.name.as_str(),
                "requires": requires,
            }));
        Ok(permit.event(&self.foundation, entry, now).await?)
    }

    async fn find<P: Right>(
        &self,
        permit: &Permit<P>,
        text: &str,
    ) -> Result<ScopeDefinition, AdminError> {
        let (realm, id) = (permit.realm_id(), Id::parse(text).ok());
        let is_it = |scope: &ScopeDefinition| Some(scope.id) == id || scope.name.as_str() == text;
        let mut built_in = built_in_scopes(&permit.realm().realm).into_iter();
        if let Some(scope) = built_in.find(is_it) {
            return Ok(scope);
        }
        let mut view = self.foundation.store.read().await?;
        if let Some(id) = id
            && let Some(scope) = view.catalogue().find_scope(realm, id).await?
        {
            return Ok(scope);
        }
        let name = Scope::parse(text).map_err(|_| no_scope())?;
        let found = view.catalogue().find_scope_by_name(realm, &name).await?;
        found.ok_or_else(|| no_scope().into())
    }
}

fn check(scope: &ScopeDefinition) -> Result<(), Refusal> {
    let most = ScopeDefinition::MAX_REQUIRED;
    if scope.requires.len() > most {
        let text = format!("a scope requires at most {most} permissions");
        return Err(Refusal::field("requires", text));
    }
    Ok(())
}

const fn no_scope() -> Refusal {
    Refusal::not_found("there is no such scope")
}
