//! Storage, as the use cases see it.
//!
//! A [`Snapshot`] reads committed data. A [`UnitOfWork`] reads and writes, all or nothing:
//! dropping it rolls back. Both are one object per use, and each slice's repository is one
//! trait of it, reached by an accessor (`unit.clients()`), so a repository cannot outlive its
//! unit and a new slice is one line in the list below.
//!
//! What every adapter promises, and the conformance suite proves:
//!
//! - Verbs have outcomes and are compare-and-set: redeeming a code, rotating a family, spending
//!   a link is one conditional step that exactly one of many callers wins.
//! - A unit reads its own writes; nobody else does before `commit` returns.
//! - A unit whose caller is gone is rolled back and blocks nobody; a unit has a deadline (2 s).
//! - Every call is scoped to a realm. Adapters read no clock, make no id, decide nothing.
//! - Write units are READ COMMITTED. What one conditional statement cannot decide is guarded by
//!   [`Locks::lock`], taken first, in the order realm, user, client.

mod audit;
mod catalogue;
mod changes;
mod clients;
mod consents;
mod data_keys;
mod documents;
mod error;
mod factors;
mod families;
mod figures;
mod grants;
mod jobs;
mod keys;
mod locks;
mod outbox;
mod page;
mod realms;
mod revocations;
mod roles;
mod sessions;
mod subject_keys;
mod system;
mod throttles;
mod tickets;
mod users;
mod work;

use async_trait::async_trait;

pub use audit::{AuditFilter, AuditTrail, FindAuditEvents, PositionedEvent, SealKey};
pub use catalogue::{Catalogue, FindCatalogue};
pub use changes::{Change, ChangeFeed, Changes, FindChanges, NumberedChange};
pub use clients::{ClientFilter, Clients, FindClients};
pub use consents::{Consents, FindConsents};
pub use data_keys::{DataKeys, FindDataKeys, WrappedDataKey};
pub use documents::{FindRealmDocuments, RealmDocuments};
pub use error::{Duplicate, StoreError};
pub use factors::{Factors, FindFactors, Spent};
pub use families::{
    FamilyFilter, FindRefreshFamilies, RefreshFamilies, RotateFamily, Rotated, Rotation,
};
pub use figures::{BATCH_SIZES, BatchFigures, ConnectionFigures, StoreFigures};
pub use grants::{FindGrants, GrantFilter, Grants};
pub use jobs::{Jobs, Lease};
pub use keys::{FindSigningKeys, SigningKeys};
pub use locks::{Lock, Locks};
pub use outbox::{Message, Outbox};
pub use page::{Listed, PageRequest};
pub use realms::{FindRealms, Realms, Swept};
pub use revocations::{FindRevocations, Revocations};
pub use roles::{FindRoles, Holder, Holding, Included, Inclusion, Roles};
pub use sessions::{FindSessions, SessionFilter, Sessions};
pub use subject_keys::{FindSubjectKeys, SubjectKeys};
pub use system::{FindSystem, System};
pub use throttles::{FindThrottles, ThrottleFilter, Throttles};
pub use tickets::{
    FindTickets, Issued, Moved, Polled, Redeemed, Remembered, Struck, TicketKey, Tickets,
};
pub use users::{
    FindPasswords, FindUsers, Passwords, UserFilter, UserOrder, UserPage, UserPlace, Users,
};
pub use work::{Ending, Running, Work};

/// A place where everything durable lives.
#[async_trait]
pub trait Store: Send + Sync {
    /// Opens a view of committed data. No transaction is promised: two reads may see two
    /// moments.
    async fn read(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Opens a view that sees one moment throughout, for exports and verification.
    async fn read_consistent(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Opens a unit of work. Waits for its turn where writers take turns.
    async fn write(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;

    /// Carries work out in a unit of its own, and answers when it is durable, or undone because
    /// it ended so; an error says that nothing of it was kept. For units that are short and
    /// many; callers mostly want [`transact`](trait.Store.html#method.transact).
    async fn carry_out(&self, work: Work) -> Result<(), StoreError> {
        let mut unit = self.write().await?;
        match work(&mut *unit).await {
            Ending::Commit => unit.commit().await,
            Ending::Undo => Ok(()),
        }
    }

    /// Wakes whoever follows the change feed, where the engine can; a hint, never needed.
    fn change_feed(&self) -> &dyn ChangeFeed;

    /// Hands over the key for audit seals. Called once after the data keys were opened and
    /// before the first event is written; without it nothing can be appended to the trail.
    fn use_seal_key(&self, key: SealKey);

    /// What it tells of its own work; nothing by default.
    fn figures(&self) -> StoreFigures {
        StoreFigures::default()
    }

    /// Ends background work, makes everything durable and closes. No call may follow.
    async fn close(&self) -> Result<(), StoreError>;
}

macro_rules! rooms {
    ($($(#[doc = $doc:literal])+ $room:ident: $find:ident / $full:ident;)+) => {
        /// The read halves.
        pub trait Snapshot: $($find +)+ Send {}

        /// Both halves, all or nothing.
        #[async_trait]
        pub trait UnitOfWork: $($full +)+ Locks + Jobs + Outbox + Send {
            /// Makes everything durable and visible, or nothing.
            async fn commit(self: Box<Self>) -> Result<(), StoreError>;
        }

        impl<'view> dyn Snapshot + 'view {
            $($(#[doc = $doc])+ pub fn $room(&mut self) -> &mut (dyn $find + 'view) { self })+
        }

        impl<'unit> dyn UnitOfWork + 'unit {
            $($(#[doc = $doc])+ pub fn $room(&mut self) -> &mut (dyn $full + 'unit) { self })+

            /// Leases of background jobs.
            pub fn jobs(&mut self) -> &mut (dyn Jobs + 'unit) { self }

            /// Messages to be sent after commit.
            pub fn outbox(&mut self) -> &mut (dyn Outbox + 'unit) { self }

            /// Row locks for what one statement cannot decide.
            pub fn locks(&mut self) -> &mut (dyn Locks + 'unit) { self }
        }
    };
}

rooms! {
    /// Facts about the store itself.
    system: FindSystem / System;
    /// Wrapped data keys.
    data_keys: FindDataKeys / DataKeys;
    /// Realms.
    realms: FindRealms / Realms;
    /// Signing keys.
    keys: FindSigningKeys / SigningKeys;
    /// People.
    users: FindUsers / Users;
    /// Their passwords.
    passwords: FindPasswords / Passwords;
    /// Their second factors and recovery codes.
    factors: FindFactors / Factors;
    /// Keys of their personal data in the trail.
    subject_keys: FindSubjectKeys / SubjectKeys;
    /// Roles and groups, and who holds them.
    roles: FindRoles / Roles;
    /// APIs, and the definitions of scopes and permissions.
    catalogue: FindCatalogue / Catalogue;
    /// Clients.
    clients: FindClients / Clients;
    /// Browser sign-ins.
    sessions: FindSessions / Sessions;
    /// Authorizations.
    grants: FindGrants / Grants;
    /// Remembered answers.
    consents: FindConsents / Consents;
    /// Texts that a realm writes for itself.
    documents: FindRealmDocuments / RealmDocuments;
    /// Single-use and short-lived records.
    tickets: FindTickets / Tickets;
    /// Counts of failed tries.
    throttles: FindThrottles / Throttles;
    /// Chains of refresh tokens.
    families: FindRefreshFamilies / RefreshFamilies;
    /// What makes access tokens void.
    revocations: FindRevocations / Revocations;
    /// The audit trail.
    audit: FindAuditEvents / AuditTrail;
    /// What other nodes and caches must hear of.
    changes: FindChanges / Changes;
}
