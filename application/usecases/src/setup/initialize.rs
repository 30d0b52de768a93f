//! The first start, and what every later one compares.
//!
//! Issuers never change by accident: they stand in tokens, in registered clients and in other
//! people's configuration. Both are stored at the first start; another URL is refused unless
//! the operator says that it is meant.

use std::sync::Arc;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, ClientId, Id, Realm, RealmSlug};
use gatelodge_ports::store::{Change, Lock};
use gatelodge_ports::{Store, StoreError};
use serde_json::json;

use super::built_in::{DOCS_CLIENT, Maker, docs_redirect};
use super::upgrade;
use crate::audit::{Entry, RequestFacts};
use crate::foundation::Announcements;
use crate::{Failure, Foundation};

/// The fact that holds the default realm's issuer.
pub const PUBLIC_URL: &str = "issuer.public_url";
/// The fact that holds the issuer of `system`.
pub const ADMIN_URL: &str = "issuer.admin_url";

/// What to do with an issuer that is not the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerPolicy {
    /// Refuse it.
    Keep,
    /// Store it; the operator said so.
    Change,
}

/// Why the store is not ready.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The store was made for another URL.
    #[error(
        "the {which} is `{given}`, but this store was made for `{stored}`; give that one again, \
         or add --change-issuer to make `{given}` the issuer (tokens and clients that know the \
         old one stop working)"
    )]
    Issuer {
        /// `public URL` or `admin URL`.
        which: &'static str,
        /// What the configuration says.
        given: String,
        /// What the store says.
        stored: String,
    },
    /// The store has its realms and not its role, or the like.
    #[error("the store is incomplete: {0}")]
    Incomplete(&'static str),
    /// It could not be done.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<StoreError> for SetupError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// The two realms that are always there.
#[derive(Debug, Clone)]
pub struct BuiltInRealms {
    /// The administrators' realm.
    pub system: Realm,
    /// The realm whose issuer is the public URL.
    pub default: Realm,
}

/// Makes a new store ready, and checks one that is.
pub struct InitializeStore {
    foundation: Arc<Foundation>,
}

impl InitializeStore {
    /// Over a house whose vault is open.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Makes what is missing on a new store; on another one compares the issuers, and adds what
    /// a newer release has built in.
    pub async fn run(&self, issuers: IssuerPolicy) -> Result<BuiltInRealms, SetupError> {
        if let Some(realms) = self.find().await? {
            self.compare_issuers(&realms, issuers).await?;
            upgrade::complete(&self.foundation, &realms.system).await?;
            return Ok(realms);
        }
        match self.create().await {
            Ok(realms) => Ok(realms),
            // Another node was quicker; what it made is what we would have made.
            Err(SetupError::Failed(failure)) => match self.find().await? {
                Some(realms) => {
                    self.compare_issuers(&realms, IssuerPolicy::Keep).await?;
                    Ok(realms)
                }
                None => Err(failure.into()),
            },
            Err(other) => Err(other),
        }
    }

    async fn find(&self) -> Result<Option<BuiltInRealms>, SetupError> {
        let mut view = self.foundation.store.read().await?;
        let system = view.realms().find_by_slug(&RealmSlug::system()).await?;
        let default = view
            .realms()
            .find_by_slug(&RealmSlug::default_realm())
            .await?;
        match (system, default) {
            (Some(system), Some(default)) => Ok(Some(BuiltInRealms { system, default })),
            (None, None) => Ok(None),
            _ => Err(SetupError::Incomplete("one of its two realms is missing")),
        }
    }

    /// One unit: a store is either new or complete.
    async fn create(&self) -> Result<BuiltInRealms, SetupError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let make = Maker {
            rng: &*foundation.rng,
            now,
        };
        let system = make.realm(RealmSlug::system(), "Administration")?;
        let default = make.realm(RealmSlug::default_realm(), "Gatelodge")?;
        let role = make.administrator_role(system.id)?;
        let clients = [
            make.docs(&system, foundation.issuers.admin_url())?,
            make.lodge(&system)?,
            make.docs(&default, foundation.issuers.public_url())?,
        ];
        let entry = Entry::done(
            system.id,
            AuditActor::Operator,
            AuditAction::ServerInitialized,
        )
        .with(self.issuer_facts());
        let event = foundation
            .recorder
            .event(entry, &RequestFacts::default(), now)
            .await?;

        let mut unit = foundation.store.write().await?;
        unit.realms().insert(&system).await?;
        unit.realms().insert(&default).await?;
        unit.roles().insert(&role).await?;
        for client in &clients {
            unit.clients().insert(client).await?;
        }
        for (name, url) in self.issuer_rows() {
            unit.system().insert(name, url.as_bytes()).await?;
        }
        unit.audit().append(&[event]).await?;
        let mut announcements = Announcements::new();
        for realm in [system.id, default.id] {
            announcements
                .note(&mut *unit, Change::Realm(realm), now)
                .await?;
        }
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(BuiltInRealms { system, default })
    }

    async fn compare_issuers(
        &self,
        realms: &BuiltInRealms,
        policy: IssuerPolicy,
    ) -> Result<(), SetupError> {
        let mut view = self.foundation.store.read().await?;
        let mut other = None;
        for (name, given) in self.issuer_rows() {
            let stored = view.system().find(name).await?;
            let stored = stored.ok_or(SetupError::Incomplete("it has no issuer"))?;
            if stored != given.as_bytes() {
                let which = if name == PUBLIC_URL {
                    "public URL"
                } else {
                    "admin URL"
                };
                other.get_or_insert(SetupError::Issuer {
                    which,
                    given: given.to_owned(),
                    stored: String::from_utf8_lossy(&stored).into_owned(),
                });
            }
        }
        drop(view);
        match (other, policy) {
            (None, _) => Ok(()),
            (Some(refused), IssuerPolicy::Keep) => Err(refused),
            (Some(_), IssuerPolicy::Change) => self.change_issuers(realms).await,
        }
    }

    async fn change_issuers(&self, realms: &BuiltInRealms) -> Result<(), SetupError> {
        let foundation = &self.foundation;
        let now = foundation.clock.now();
        let system = realms.system.id;
        let entry = Entry::done(system, AuditActor::Operator, AuditAction::IssuerChanged)
            .with(self.issuer_facts());
        let event = foundation
            .recorder
            .event(entry, &RequestFacts::default(), now)
            .await?;
        let mut unit = foundation.store.write().await?;
        unit.locks().lock(Lock::Realm(system)).await?;
        for (name, url) in self.issuer_rows() {
            unit.system().put(name, url.as_bytes()).await?;
        }
        let mut announcements = Announcements::new();
        let docs = [
            (system, foundation.issuers.admin_url()),
            (realms.default.id, foundation.issuers.public_url()),
        ];
        for (realm, issuer) in docs {
            let Some(mut client) = unit
                .clients()
                .find_by_client_id(realm, &docs_client_id()?)
                .await?
            else {
                continue;
            };
            client.redirect_uris = vec![docs_redirect(issuer)?];
            client.updated_at = now;
            unit.clients().update(&client).await?;
            let change = Change::Client(realm, client.id);
            announcements.note(&mut *unit, change, now).await?;
        }
        unit.audit().append(&[event]).await?;
        unit.commit().await?;
        announcements.apply(foundation);
        Ok(())
    }

    fn issuer_rows(&self) -> [(&'static str, &str); 2] {
        let issuers = &self.foundation.issuers;
        [
            (PUBLIC_URL, issuers.public_url()),
            (ADMIN_URL, issuers.admin_url()),
        ]
    }

    fn issuer_facts(&self) -> serde_json::Value {
        let issuers = &self.foundation.issuers;
        json!({ "public_url": issuers.public_url(), "admin_url": issuers.admin_url() })
    }
}

/// The public URL and the admin URL that a store was made for; `None` where it is empty.
pub async fn stored_issuers(store: &dyn Store) -> Result<Option<(String, String)>, StoreError> {
    let mut view = store.read().await?;
    let public = view.system().find(PUBLIC_URL).await?;
    let admin = view.system().find(ADMIN_URL).await?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(public.map(text).zip(admin.map(text)))
}

fn docs_client_id() -> Result<ClientId, Failure> {
    ClientId::parse(DOCS_CLIENT).map_err(|error| Failure::Broken(error.into()))
}

/// The role of administrators, and whether somebody active holds it.
pub(super) async fn administrators(
    foundation: &Foundation,
    system: Id<Realm>,
) -> Result<(gatelodge_domain::Role, u64), Failure> {
    let mut view = foundation.store.read().await?;
    let name = super::people::administrator_role_name()?;
    let role = view.roles().find_by_name(system, &name).await?;
    let role = role.ok_or_else(|| Failure::broken("the role of administrators is missing"))?;
    let holders = view.roles().count_active_holders(system, role.id).await?;
    Ok((role, holders))
}
