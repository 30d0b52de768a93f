//! Recognising administrators, and the only place where permits are made.
//!
//! The rights of an administrator are the scopes of their token ∩ the permissions of the roles
//! that they hold *now*: roles are read again at every call, never taken from the token. A
//! permission counts in every realm, or in one alone where the role names it `{realm}/{name}`.

use core::marker::PhantomData;
use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::scope::ADMIN;
use gatelodge_domain::{AuditAction, Id, Outcome, Realm, RealmSlug, ScopeSet, Subject};
use serde_json::json;

use super::permit::{Rights, entry};
use super::{AdminError, Administrator, Caller, HousePermit, PERMISSIONS, Permit, Refusal, Right};
use crate::audit::{RefusalKey, Repeat, RequestFacts};
use crate::realms::ServedRealm;
use crate::setup::ADMIN_API;
use crate::tokens::{AccessTokens, Rejected};
use crate::{Failure, Foundation};

/// Recognises administrators and gives permits.
pub struct Administrators {
    foundation: Arc<Foundation>,
    tokens: Arc<AccessTokens>,
}

/// In how much of the house a permission is asked for.
#[derive(Clone, Copy)]
enum Target<'a> {
    House,
    Realm(&'a str),
}

impl Administrators {
    /// Over a house and its accepted tokens.
    pub fn new(foundation: Arc<Foundation>, tokens: Arc<AccessTokens>) -> Self {
        Self { foundation, tokens }
    }

    /// The administrator behind an access token of realm `system` for [`ADMIN_API`].
    /// Whatever is wrong with it, there is one refusal.
    pub async fn recognise(&self, token: Option<&str>) -> Result<Caller, AdminError> {
        let text = token.ok_or_else(Refusal::unauthenticated)?;
        let now = self.foundation.clock.now();
        let system = self.system().await?;
        let accepted = match self.tokens.accept(&system, text, now).await {
            Ok(accepted) => accepted,
            Err(Rejected::Invalid) => return Err(Refusal::unauthenticated().into()),
            Err(Rejected::Failed(failure)) => return Err(failure.into()),
        };
        if !accepted.audience.iter().any(|one| one == ADMIN_API) {
            return Err(Refusal::unauthenticated().into());
        }
        if let Some(user) = accepted.subject.user() {
            let directory = &self.foundation.directory;
            let user = directory.user(system.realm.id, user).await?;
            if user.is_none_or(|user| user.can_authenticate(now).is_err()) {
                return Err(Refusal::unauthenticated().into());
            }
        }
        Ok(Caller::Administrator(Administrator {
            realm: system.realm.id,
            subject: accepted.subject,
            client: accepted.client.id,
            session: accepted.facts.session,
            token: accepted.facts.token,
            scopes: accepted.scopes,
        }))
    }

    /// A permit for one realm, by its slug. Without the right the answer does not tell whether
    /// there is such a realm.
    pub async fn authorize<P: Right>(
        &self,
        caller: &Caller,
        slug: &str,
        request: &RequestFacts,
    ) -> Result<Permit<P>, AdminError> {
        let held = self
            .check(caller, P::NAME, Target::Realm(slug), request)
            .await?;
        let realm = self.realm(slug).await?;
        Ok(Permit {
            realm: ServedRealm::new(realm, &self.foundation.issuers),
            caller: caller.clone(),
            held,
            request: request.clone(),
            right: PhantomData,
        })
    }

    /// A permit for the whole house.
    pub async fn authorize_everywhere<P: Right>(
        &self,
        caller: &Caller,
        request: &RequestFacts,
    ) -> Result<HousePermit<P>, AdminError> {
        self.check(caller, P::NAME, Target::House, request).await?;
        Ok(HousePermit {
            caller: caller.clone(),
            request: request.clone(),
            home: self.system().await?.realm.id,
            right: PhantomData,
        })
    }

    /// Refuses a change to somebody of realm `system` who may do more than the caller: whoever
    /// sets another's password or secret could act as them.
    pub(crate) async fn outranks<P: Right>(
        &self,
        permit: &Permit<P>,
        subject: Subject,
    ) -> Result<(), AdminError> {
        if permit.realm.realm.slug != RealmSlug::system() {
            return Ok(());
        }
        let theirs = self.permissions_of(permit.realm_id(), subject).await?;
        self.covers(permit, &theirs).await
    }

    /// Refuses to give away, in realm `system`, what the caller does not have.
    pub(crate) async fn covers<P: Right>(
        &self,
        permit: &Permit<P>,
        permissions: &BTreeSet<String>,
    ) -> Result<(), AdminError> {
        if permit.realm.realm.slug != RealmSlug::system() || permit.held.cover(permissions) {
            return Ok(());
        }
        let target = Target::Realm(permit.realm.realm.slug.as_str());
        self.record_denial(&permit.caller, P::NAME, target, &permit.request)
            .await?;
        Err(Refusal::forbidden().into())
    }

    async fn check(
        &self,
        caller: &Caller,
        name: &'static str,
        target: Target<'_>,
        request: &RequestFacts,
    ) -> Result<Rights, AdminError> {
        let Caller::Administrator(administrator) = caller else {
            return Ok(Rights::All);
        };
        let held = self
            .permissions_of(administrator.realm, administrator.subject)
            .await?;
        let reaches = held.contains(name)
            || matches!(target, Target::Realm(slug) if held.contains(&format!("{slug}/{name}")));
        if reaches && scope_allows(&administrator.scopes, name) {
            return Ok(Rights::These(held));
        }
        self.record_denial(caller, name, target, request).await?;
        Err(Refusal::forbidden().into())
    }

    async fn permissions_of(
        &self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<BTreeSet<String>, Failure> {
        let mut view = self.foundation.store.read().await?;
        let roles = view.roles().held_by(realm, subject).await?;
        let names = roles
            .iter()
            .flat_map(|role| role.permissions.iter())
            .map(|permission| permission.as_str().to_owned());
        Ok(names.collect())
    }

    /// A denial is a fact: its event is committed, and repeats within the minute are counted.
    async fn record_denial(
        &self,
        caller: &Caller,
        name: &'static str,
        target: Target<'_>,
        request: &RequestFacts,
    ) -> Result<(), Failure> {
        let now = self.foundation.clock.now();
        let home = self.system().await?.realm.id;
        // The path is the caller's text; only what could be a slug is worth keeping.
        let realm = match target {
            Target::House => None,
            Target::Realm(text) => RealmSlug::parse(text).ok(),
        };
        let realm = realm.as_ref().map(RealmSlug::as_str);
        let recorder = &self.foundation.recorder;
        let key = RefusalKey {
            realm: home,
            actor: caller.actor(),
            action: AuditAction::AccessDenied,
            // Without the realm: its text is the caller's, who could make up any number.
            what: name.to_owned(),
            reason: "insufficient_scope",
        };
        if recorder.refusals.admit(key, now) == Repeat::Counted {
            return Ok(());
        }
        let mut denied = entry(caller, home, AuditAction::AccessDenied);
        denied.outcome = Outcome::Denied;
        denied.reason = Some("insufficient_scope");
        denied.facts = Some(json!({ "permission": name, "realm": realm }));
        let event = recorder.event(denied, request, now).await?;
        let mut unit = self.foundation.store.write().await?;
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        Ok(())
    }

    async fn realm(&self, slug: &str) -> Result<Realm, AdminError> {
        let missing = || Refusal::not_found("there is no such realm");
        let slug = RealmSlug::parse(slug).map_err(|_| missing())?;
        let mut view = self.foundation.store.read().await?;
        let found = view.realms().find_by_slug(&slug).await?;
        // A disabled realm is still administered; one that is going is gone for everybody.
        found
            .filter(|realm| !matches!(realm.status, RealmStatus::Deleting { .. }))
            .ok_or_else(|| missing().into())
    }

    async fn system(&self) -> Result<Arc<ServedRealm>, Failure> {
        let directory = &self.foundation.directory;
        directory
            .realm(&RealmSlug::system())
            .await?
            .ok_or_else(|| Failure::broken("the realm `system` is missing"))
    }
}

/// Whether a token's scopes name a permission, by itself or by `admin`, which stands for all.
fn scope_allows(scopes: &ScopeSet, name: &str) -> bool {
    debug_assert!(PERMISSIONS.iter().any(|(known, _)| *known == name));
    scopes.contains(ADMIN) || scopes.contains(name)
}
