//! The trail as it grows, for whoever watches.
//!
//! A watcher is shown what is sealed, in the order of its positions. On PostgreSQL a lower
//! position may become visible after a higher one; under a seal nothing can appear any more, so
//! a watcher that resumes after a position has missed nothing. It costs the second or so that
//! sealing takes there.
//!
//! The newest events are read once for all watchers, at most some times a second, and kept for
//! a moment; who is further behind reads the store.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatelodge_domain::Timestamp;
use gatelodge_ports::store::{AuditFilter, PositionedEvent};
use serde_json::json;

use super::OpenedEvent;
use super::read::{open, record};
use crate::admin::{AdminError, AuditRead, HousePermit, Permit, Refusal};
use crate::{ErrorCode, Failure, Foundation};
use gatelodge_domain::AuditAction;

/// Watchers of one process.
const MOST: usize = 64;
/// How old what was read may be.
const FRESH: Duration = Duration::from_millis(200);
/// Newest events that are kept.
const KEPT: usize = 2_000;
const PAGE: u16 = 500;

/// Where a watcher begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailStart {
    /// With what happens from now on.
    Now,
    /// After that position.
    After(u64),
}

/// Shows the trail as it grows.
pub struct TailAudit {
    foundation: Arc<Foundation>,
    watchers: Arc<AtomicUsize>,
    window: Mutex<Window>,
}

/// The newest events, in order.
#[derive(Default)]
struct Window {
    /// When it was read, and whether somebody is about to read again.
    read_at: Option<Timestamp>,
    reading: bool,
    /// What is at a lower position is not here.
    from: u64,
    /// The last position that is sealed.
    sealed: u64,
    events: VecDeque<Arc<PositionedEvent>>,
}

/// One watcher. Its place is free again when this is dropped.
pub struct Tail {
    filter: AuditFilter,
    after: u64,
    _place: Place,
}

struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What came.
pub struct TailPage {
    /// The events.
    pub items: Vec<OpenedEvent>,
    /// Whether more are there already.
    pub more: bool,
}

impl Tail {
    /// The position up to which everything was looked at; to resume after.
    pub const fn position(&self) -> u64 {
        self.after
    }
}

impl TailAudit {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self {
            foundation,
            watchers: Arc::new(AtomicUsize::new(0)),
            window: Mutex::new(Window::default()),
        }
    }

    /// Watches a realm.
    pub async fn of_realm(
        &self,
        permit: &Permit<AuditRead>,
        mut filter: AuditFilter,
        start: TailStart,
    ) -> Result<Tail, AdminError> {
        let place = self.place()?;
        filter.realm = Some(permit.realm_id());
        let entry = permit.done(AuditAction::AuditRead);
        let entry = entry.with(json!({ "reach": "realm", "how": "stream" }));
        record(&self.foundation, entry, permit.request()).await?;
        self.begin(place, filter, start).await
    }

    /// Watches every realm.
    pub async fn of_house(
        &self,
        permit: &HousePermit<AuditRead>,
        filter: AuditFilter,
        start: TailStart,
    ) -> Result<Tail, AdminError> {
        let place = self.place()?;
        let entry = permit.done(AuditAction::AuditRead);
        let entry = entry.with(json!({ "reach": "house", "how": "stream" }));
        record(&self.foundation, entry, permit.request()).await?;
        self.begin(place, filter, start).await
    }

    /// What came since; nothing where nothing did.
    pub async fn next(&self, tail: &mut Tail) -> Result<TailPage, Failure> {
        self.refresh().await?;
        let (found, sealed) = match self.window_after(tail.after) {
            Ok(found) => found,
            Err(sealed) => (self.store_after(tail.after, sealed).await?, sealed),
        };
        let more = found.len() == usize::from(PAGE);
        match found.last() {
            Some(last) => tail.after = last.position,
            None => tail.after = tail.after.max(sealed),
        }
        let mut items = Vec::new();
        for stored in found {
            if tail.filter.admits(&stored.event) {
                items.push(open(&self.foundation, PositionedEvent::clone(&stored)).await?);
            }
        }
        Ok(TailPage { items, more })
    }

    fn place(&self) -> Result<Place, Refusal> {
        let before = self.watchers.fetch_add(1, Ordering::AcqRel);
        let place = Place(self.watchers.clone());
        if before >= MOST {
            return Err(Refusal::new(
                ErrorCode::TemporarilyUnavailable,
                "as many live tails are open as this node serves; try again when one has ended",
            ));
        }
        if before == 0 {
            // What nobody watched was not read on.
            *self.window() = Window::default();
        }
        Ok(place)
    }

    async fn begin(
        &self,
        place: Place,
        filter: AuditFilter,
        start: TailStart,
    ) -> Result<Tail, AdminError> {
        let mut view = self.foundation.store.read().await?;
        let newest = view.audit().last_seal().await?;
        let sealed = newest.map_or(0, |seal| seal.last);
        let after = match start {
            // Nobody was shown what is not there: the trail was put back from a copy.
            TailStart::After(position) => position.min(sealed),
            TailStart::Now => sealed,
        };
        Ok(Tail {
            filter,
            after,
            _place: place,
        })
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads on, unless somebody did a moment ago or is at it.
    async fn refresh(&self) -> Result<(), Failure> {
        let now = self.foundation.clock.now();
        let (from, sealed) = {
            let mut window = self.window();
            let fresh = |at: Timestamp| at <= now && now < at.plus(FRESH);
            if window.reading || window.read_at.is_some_and(fresh) {
                return Ok(());
            }
            window.reading = true;
            (window.read_at.map(|_| window.sealed), window.sealed)
        };
        let reading = Reading(&self.window);
        let mut view = self.foundation.store.read().await?;
        let newest = view.audit().last_seal().await?;
        let newest = newest.map_or(sealed, |seal| seal.last);
        let mut found = VecDeque::new();
        // The first reader begins at the end.
        let mut next = from.map_or(newest, |sealed| sealed) + 1;
        while next <= newest {
            let page = view.audit().since(next, PAGE).await?;
            let Some(last) = page.last() else { break };
            next = last.position + 1;
            let under = page.into_iter().filter(|event| event.position <= newest);
            found.extend(under.map(Arc::new));
            while found.len() > KEPT {
                found.pop_front();
            }
        }
        drop(view);
        let mut window = self.window();
        if window.read_at.is_none() {
            window.from = newest + 1;
        }
        window.events.append(&mut found);
        while window.events.len() > KEPT {
            if let Some(gone) = window.events.pop_front() {
                window.from = gone.position + 1;
            }
        }
        if let Some(first) = window.events.front().map(|first| first.position)
            && window.events.len() == KEPT
        {
            // Some between may not have been kept.
            window.from = window.from.max(first);
        }
        window.sealed = newest;
        window.read_at = Some(now);
        drop(window);
        drop(reading);
        Ok(())
    }

    /// The next page after a position, with the last sealed position; that alone where the
    /// window begins later.
    fn window_after(&self, after: u64) -> Result<(Vec<Arc<PositionedEvent>>, u64), u64> {
        let window = self.window();
        if after + 1 < window.from {
            return Err(window.sealed);
        }
        let begin = window
            .events
            .partition_point(|event| event.position <= after);
        let page = window.events.iter().skip(begin).take(usize::from(PAGE));
        Ok((page.cloned().collect(), window.sealed))
    }

    async fn store_after(
        &self,
        after: u64,
        sealed: u64,
    ) -> Result<Vec<Arc<PositionedEvent>>, Failure> {
        let mut view = self.foundation.store.read().await?;
        let page = view.audit().since(after + 1, PAGE).await?;
        let under = page.into_iter().filter(|event| event.position <= sealed);
        Ok(under.map(Arc::new).collect())
    }
}

/// Lets the next one read, also where this one failed or was dropped.
struct Reading<'a>(&'a Mutex<Window>);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .reading = false;
    }
}
