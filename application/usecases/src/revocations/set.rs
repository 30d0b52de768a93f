//! The in-memory revocation set: every place where we accept an access token asks it.
//!
//! It is a copy of the store's entries and watermarks, kept current by the change feed. A node
//! that has not read the feed for two seconds does not trust its copy and asks the database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use core::time::Duration;
use gatelodge_domain::revocation::{RevokedThing, TokenFacts, WatermarkOwner};
use gatelodge_domain::{Client, Id, Realm, Revocation, Timestamp, User, Watermark};
use gatelodge_ports::{Store, StoreError};

use super::WATERMARKS_KEPT;

/// How old the copy may be.
const STALE_AFTER: Duration = Duration::from_secs(2);

/// A watermark further ahead than this was set by a clock that has been set back since; clocks of
/// nodes differ by less.
const IMPLAUSIBLE: Duration = Duration::from_mins(1);

/// Entries and watermarks in memory.
pub struct RevocationSet {
    store: Arc<dyn Store>,
    fresh_as_of: AtomicI64,
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<(Id<Realm>, RevokedThing), Timestamp>,
    watermarks: HashMap<(Id<Realm>, WatermarkOwner), Timestamp>,
}

impl Inner {
    fn voids(&self, token: &TokenFacts) -> bool {
        let listed = |thing| self.entries.contains_key(&(token.realm, thing));
        let older = |owner| {
            self.watermarks
                .get(&(token.realm, owner))
                .is_some_and(|not_before| token.token.timestamp() <= *not_before)
        };
        listed(RevokedThing::Token(token.token))
            || token
                .grant
                .is_some_and(|id| listed(RevokedThing::Grant(id)))
            || token
                .session
                .is_some_and(|id| listed(RevokedThing::Session(id)))
            || token.user.is_some_and(|id| older(WatermarkOwner::User(id)))
            || older(WatermarkOwner::Client(token.client))
            || older(WatermarkOwner::Realm)
    }
}

impl RevocationSet {
    /// An empty, stale set: until it is loaded, the database answers.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            fresh_as_of: AtomicI64::new(i64::MIN),
            inner: RwLock::default(),
        }
    }

    /// Reads everything from the store.
    pub async fn load(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut view = self.store.read().await?;
        let entries = view.revocations().list(now).await?;
        let watermarks = view.revocations().list_watermarks().await?;
        for entry in entries {
            self.add(entry);
        }
        for watermark in watermarks {
            self.raise(watermark);
        }
        self.fresh_as_of(now);
        Ok(())
    }

    /// Whether the token is void.
    pub async fn is_revoked(&self, token: &TokenFacts, now: Timestamp) -> Result<bool, StoreError> {
        // What memory knows to be void stays void, fresh or not.
        if self
            .inner
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .voids(token)
        {
            return Ok(true);
        }
        if self.is_fresh(now) {
            return Ok(false);
        }
        self.store
            .read()
            .await?
            .revocations()
            .is_revoked(token, now)
            .await
    }

    /// The moment at which a new token is to be made, by its id.
    ///
    /// That is `now`, except where a watermark of its user, client or realm lies in a future
    /// that cannot be: after the machine's clock was set back, every new token would be void
    /// until the old time is reached again. Then it is made just after the watermark, so that
    /// it lives, and what was made before stays void. A watermark of this minute is left alone:
    /// a token that was under way when it was set must not outrun it.
    pub fn moment_for(
        &self,
        realm: Id<Realm>,
        user: Option<Id<User>>,
        client: Id<Client>,
        now: Timestamp,
    ) -> Timestamp {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let owners = [
            user.map(WatermarkOwner::User),
            Some(WatermarkOwner::Client(client)),
            Some(WatermarkOwner::Realm),
        ];
        let set = owners
            .into_iter()
            .flatten()
            .filter_map(|owner| inner.watermarks.get(&(realm, owner)))
            .max();
        match set {
            Some(set) if *set > now.plus(IMPLAUSIBLE) => set.plus(Duration::from_millis(1)),
            _ => now,
        }
    }

    /// How long ago the feed was read; `None` before the first time.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        let read_at = self.fresh_as_of.load(Ordering::Acquire);
        let age = now.as_millis().checked_sub(read_at)?;
        Some(Duration::from_millis(u64::try_from(age).unwrap_or(0)))
    }

    /// Whether the feed has been read lately.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let read_at = Timestamp::from_millis(self.fresh_as_of.load(Ordering::Acquire));
        now < read_at.plus(STALE_AFTER)
    }

    pub(crate) fn fresh_as_of(&self, at: Timestamp) {
        self.fresh_as_of.fetch_max(at.as_millis(), Ordering::AcqRel);
    }

    pub(crate) fn add(
        &self,
        Revocation {
            realm,
            thing,
            until,
        }: Revocation,
    ) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let known = inner.entries.entry((realm, thing)).or_insert(until);
        *known = (*known).max(until);
    }

    pub(crate) fn raise(
        &self,
        Watermark {
            realm,
            owner,
            not_before,
        }: Watermark,
    ) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let known = inner.watermarks.entry((realm, owner)).or_insert(not_before);
        *known = (*known).max(not_before);
    }

    /// Forgets entries and watermarks whose tokens have all expired.
    pub fn forget_expired(&self, now: Timestamp) {
        let oldest = now.minus(WATERMARKS_KEPT);
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.entries.retain(|_, until| now < *until);
        inner
            .watermarks
            .retain(|_, not_before| oldest <= *not_before);
    }
}
