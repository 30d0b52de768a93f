//! What a realm says of its scopes, APIs and roles, as requests need it: read as a whole, because
//! it is small and nearly every request asks, and dropped with its realm when it changes.

use std::collections::{BTreeMap, BTreeSet};

use gatelodge_domain::role::SecondFactorRule;
use gatelodge_domain::{DisplayName, Permission, Realm, Role, Scope, ScopeDefinition};
use gatelodge_ports::store::PageRequest;
use gatelodge_ports::{Snapshot, StoreError};

use crate::scopes::built_in_scopes;

const PAGE: u16 = 200;

/// A realm's scopes, the APIs that it lists, and what is the same for all of its roles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RealmCatalogue {
    scopes: BTreeMap<String, ScopeDefinition>,
    listed_apis: Vec<String>,
    /// Names of the realm's own scopes that discovery tells of.
    listed_scopes: Vec<String>,
    /// False as well where it is not known.
    no_role_asks_for_second_factor: bool,
}

impl RealmCatalogue {
    /// Reads it. A store that knows no catalogue has nothing in it.
    pub(super) async fn read(
        view: &mut (dyn Snapshot + '_),
        realm: &Realm,
    ) -> Result<Self, StoreError> {
        let built_in = built_in_scopes(realm).into_iter();
        let mut catalogue = Self {
            scopes: built_in
                .map(|scope| (scope.name.as_str().to_owned(), scope))
                .collect(),
            ..Self::default()
        };
        match catalogue.add(view, realm).await {
            Ok(()) | Err(StoreError::Unsupported) => Ok(catalogue),
            Err(error) => Err(error),
        }
    }

    async fn add(
        &mut self,
        view: &mut (dyn Snapshot + '_),
        realm: &Realm,
    ) -> Result<(), StoreError> {
        let mut page = PageRequest::first(PAGE);
        loop {
            let scopes = view.catalogue().list_scopes(realm.id, page).await?;
            let last = scopes.items.last().map(|scope| scope.id);
            for scope in scopes.items {
                let name = scope.name.as_str().to_owned();
                if scope.listing.is_listed() {
                    self.listed_scopes.push(name.clone());
                }
                // What is built in is what it is.
                self.scopes.entry(name).or_insert(scope);
            }
            match last {
                Some(last) if scopes.more => page = PageRequest::after(last, PAGE),
                _ => break,
            }
        }
        let mut page = PageRequest::first(PAGE);
        loop {
            let apis = view.catalogue().list_apis(realm.id, page).await?;
            let listed = apis.items.iter().filter(|api| api.listing.is_listed());
            let identifiers = listed.map(|api| api.identifier.as_str().to_owned());
            self.listed_apis.extend(identifiers);
            match apis.items.last() {
                Some(last) if apis.more => page = PageRequest::after(last.id, PAGE),
                _ => break,
            }
        }
        let mut page = PageRequest::first(PAGE);
        loop {
            let roles = view.roles().list(realm.id, page).await?;
            let asks = |role: &Role| role.second_factor == SecondFactorRule::Required;
            if roles.items.iter().any(asks) {
                return Ok(());
            }
            match roles.items.last() {
                Some(last) if roles.more => page = PageRequest::after(last.id, PAGE),
                _ => break,
            }
        }
        self.no_role_asks_for_second_factor = true;
        Ok(())
    }

    /// Whether a role may ask its holders for a second factor, so that those of a person must be
    /// looked at.
    pub fn roles_may_ask_for_second_factor(&self) -> bool {
        !self.no_role_asks_for_second_factor
    }

    /// What a subject must hold for that scope; nothing for one that is not defined.
    pub fn requires(&self, scope: &Scope) -> &BTreeSet<Permission> {
        static NOTHING: BTreeSet<Permission> = BTreeSet::new();
        let defined = self.scopes.get(scope.as_str());
        defined.map_or(&NOTHING, |scope| &scope.requires)
    }

    /// What people are told of a scope, where the realm or the house says something.
    pub fn description(&self, scope: &Scope) -> Option<&str> {
        let defined = self.scopes.get(scope.as_str())?;
        defined.description.as_ref().map(DisplayName::as_str)
    }

    /// The realm's own scopes for `scopes_supported`.
    pub fn listed_scopes(&self) -> &[String] {
        &self.listed_scopes
    }

    /// The APIs for `protected_resources` (RFC 9728 §4).
    pub fn listed_apis(&self) -> &[String] {
        &self.listed_apis
    }
}
