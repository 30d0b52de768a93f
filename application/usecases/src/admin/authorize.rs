//! Recognising administrators, and the only place where permits are made.
//!
//! The rights of an administrator are the scopes of their token ∩ the permissions of the roles
//! that they hold *now*: roles are read again at every call, never taken from the token. How far
//! each of them reaches is told by how a role spells it.

use core::marker::PhantomData;
use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::realm::RealmStatus;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::scope::ADMIN;
use gatelodge_domain::{Group, Id, Realm, RealmSlug, Role, ScopeSet, Subject};

use super::denial::record_denial;
use super::permit::Rights;
use super::reach::{Extent, is_administrative};
use super::{
    AdminError, Administrator, Caller, GroupRight, HousePermit, PERMISSIONS, Permit, Reach,
    Refusal, Right,
};
use crate::audit::RequestFacts;
use crate::realms::ServedRealm;
use crate::setup::ADMIN_API;
use crate::tokens::{AccessTokens, Rejected};
use crate::{Failure, Foundation};

/// Recognises administrators and gives permits.
pub struct Administrators {
    foundation: Arc<Foundation>,
    tokens: Arc<AccessTokens>,
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

    /// A permit for one whole realm, by its slug. Without the right the answer does not tell
    /// whether there is such a realm.
    pub async fn authorize<P: Right>(
        &self,
        caller: &Caller,
        slug: &str,
        request: &RequestFacts,
    ) -> Result<Permit<P>, AdminError> {
        let held = self.rights(caller, P::NAME).await?;
        match held.extent(P::NAME, Some(slug)) {
            Extent::House | Extent::Realm => {}
            Extent::Groups(_) | Extent::Nowhere => {
                return self.deny::<P, _>(caller, Some(slug), request).await;
            }
        }
        let realm = self.realm(slug).await?.ok_or_else(no_realm)?;
        Ok(self.permit(realm, caller, held, Reach::Realm, request))
    }

    /// A permit of the same caller for something else in the same whole realm.
    pub(crate) async fn authorize_also<P: Right, Q: Right>(
        &self,
        permit: &Permit<P>,
    ) -> Result<Permit<Q>, AdminError> {
        let slug = permit.realm.realm.slug.as_str();
        self.authorize(&permit.caller, slug, &permit.request).await
    }

    /// A permit for one realm or for those groups of it that the caller may act for.
    pub async fn authorize_in_reach<P: GroupRight>(
        &self,
        caller: &Caller,
        slug: &str,
        request: &RequestFacts,
    ) -> Result<Permit<P>, AdminError> {
        let held = self.rights(caller, P::NAME).await?;
        let names: Vec<String> = match held.extent(P::NAME, Some(slug)) {
            Extent::House | Extent::Realm => {
                let realm = self.realm(slug).await?.ok_or_else(no_realm)?;
                return Ok(self.permit(realm, caller, held, Reach::Realm, request));
            }
            Extent::Groups(names) => names.into_iter().map(str::to_owned).collect(),
            Extent::Nowhere => return self.deny::<P, _>(caller, Some(slug), request).await,
        };
        // A realm or group that does not exist is as far away as any other.
        let Some(realm) = self.realm(slug).await? else {
            return self.deny::<P, _>(caller, Some(slug), request).await;
        };
        let groups = self.groups_named(realm.id, &names).await?;
        if groups.is_empty() {
            return self.deny::<P, _>(caller, Some(slug), request).await;
        }
        Ok(self.permit(realm, caller, held, Reach::Groups(groups), request))
    }

    /// A permit for the whole house.
    pub async fn authorize_everywhere<P: Right>(
        &self,
        caller: &Caller,
        request: &RequestFacts,
    ) -> Result<HousePermit<P>, AdminError> {
        let held = self.rights(caller, P::NAME).await?;
        if held.extent(P::NAME, None) != Extent::House {
            return self.deny::<P, _>(caller, None, request).await;
        }
        Ok(HousePermit {
            caller: caller.clone(),
            request: request.clone(),
            home: self.system().await?.realm.id,
            right: PhantomData,
        })
    }

    /// Refuses a change to somebody of realm `system` who may do more than the caller: whoever
    /// sets another's password or secret could act as them. Who may act for a group only may
    /// change no administrator at all.
    pub(crate) async fn outranks<P: Right>(
        &self,
        permit: &Permit<P>,
        subject: Subject,
    ) -> Result<(), AdminError> {
        if permit.realm.realm.slug != RealmSlug::system() {
            return Ok(());
        }
        let theirs = self.permissions_of(permit.realm_id(), subject).await?;
        if permit.groups().is_some() && theirs.iter().any(|one| is_administrative(one)) {
            return permit.deny(&self.foundation).await;
        }
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
        permit.deny(&self.foundation).await
    }

    /// Refuses, in realm `system`, whoever may not do everything there: for what stands behind the
    /// tokens of every administrator, whoever holds it could be any of them.
    pub(crate) async fn may_do_everything<P: Right>(
        &self,
        permit: &Permit<P>,
    ) -> Result<(), AdminError> {
        let all = PERMISSIONS.iter().map(|(name, _)| (*name).to_owned());
        self.covers(permit, &all.collect()).await
    }

    /// Refuses to give away those roles, with all that they include: in `system` what the caller
    /// does not have, and to who may act for a group only, in any other realm, everything, for
    /// they can hold no role there.
    pub(crate) async fn may_give<P: Right>(
        &self,
        permit: &Permit<P>,
        roles: &[Id<Role>],
    ) -> Result<(), AdminError> {
        if roles.is_empty() {
            return Ok(());
        }
        if permit.realm.realm.slug != RealmSlug::system() {
            return permit.reach_realm(&self.foundation).await;
        }
        let mut view = self.foundation.store.read().await?;
        let all = view.roles().with_included(permit.realm_id(), roles).await?;
        drop(view);
        self.covers(permit, &permissions_in(&all)).await
    }

    fn permit<P: Right>(
        &self,
        realm: Realm,
        caller: &Caller,
        held: Rights,
        reach: Reach,
        request: &RequestFacts,
    ) -> Permit<P> {
        Permit {
            realm: ServedRealm::new(realm, &self.foundation.issuers),
            caller: caller.clone(),
            held,
            reach,
            request: request.clone(),
            right: PhantomData,
        }
    }

    /// What a caller holds now, if their token lets them use that permission at all.
    async fn rights(&self, caller: &Caller, name: &'static str) -> Result<Rights, Failure> {
        let Caller::Administrator(administrator) = caller else {
            return Ok(Rights::All);
        };
        if !scope_allows(&administrator.scopes, name) {
            return Ok(Rights::These(BTreeSet::new()));
        }
        let held = self.permissions_of(administrator.realm, administrator.subject);
        Ok(Rights::These(held.await?))
    }

    async fn deny<P: Right, T>(
        &self,
        caller: &Caller,
        slug: Option<&str>,
        request: &RequestFacts,
    ) -> Result<T, AdminError> {
        record_denial(&self.foundation, caller, P::NAME, slug, request).await?;
        Err(Refusal::forbidden().into())
    }

    async fn groups_named(
        &self,
        realm: Id<Realm>,
        names: &[String],
    ) -> Result<BTreeSet<Id<Group>>, Failure> {
        let mut view = self.foundation.store.read().await?;
        let mut groups = BTreeSet::new();
        for name in names {
            let Ok(name) = RoleName::parse(name) else {
                continue;
            };
            let found = view.roles().find_group_by_name(realm, &name).await?;
            groups.extend(found.map(|group| group.id));
        }
        Ok(groups)
    }

    async fn permissions_of(
        &self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<BTreeSet<String>, Failure> {
        let mut view = self.foundation.store.read().await?;
        let roles = view.roles().held_by(realm, subject).await?;
        Ok(permissions_in(&roles))
    }

    /// A realm that may be administered: a disabled one still is, one that is going is gone for
    /// everybody.
    async fn realm(&self, slug: &str) -> Result<Option<Realm>, Failure> {
        let Ok(slug) = RealmSlug::parse(slug) else {
            return Ok(None);
        };
        let mut view = self.foundation.store.read().await?;
        let found = view.realms().find_by_slug(&slug).await?;
        Ok(found.filter(|realm| !matches!(realm.status, RealmStatus::Deleting { .. })))
    }

    async fn system(&self) -> Result<Arc<ServedRealm>, Failure> {
        let directory = &self.foundation.directory;
        directory
            .realm(&RealmSlug::system())
            .await?
            .ok_or_else(|| Failure::broken("the realm `system` is missing"))
    }
}

/// The names of all that those roles allow.
fn permissions_in(roles: &[Role]) -> BTreeSet<String> {
    let all = roles.iter().flat_map(|role| role.permissions.iter());
    all.map(|permission| permission.as_str().to_owned())
        .collect()
}

fn no_realm() -> AdminError {
    Refusal::not_found("there is no such realm").into()
}

/// Whether a token's scopes name a permission, by itself or by `admin`, which stands for all.
fn scope_allows(scopes: &ScopeSet, name: &str) -> bool {
    debug_assert!(PERMISSIONS.iter().any(|(known, _)| *known == name));
    scopes.contains(ADMIN) || scopes.contains(name)
}
