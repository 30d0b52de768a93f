//! Failed tries of one account, counted by all nodes together.
//!
//! The count is a ticket that lives for a minute: each failed try takes one of a large number
//! of tries that it began with, in the unit that records the failure, so a count is neither lost
//! with a node nor made twice. It says how many have failed, not how many are left, so a limit
//! that is changed holds at once. A ticket that is there counts in one statement; and because
//! the first failure of an account makes one whether the name is known or not, both cost the
//! same.
//!
//! Tries that are under way are in nobody's count yet. A node takes it that every other node
//! has as many of them as itself. So a burst at one node makes no more tries than are allowed,
//! and one that is spread over many, with their hashing uneven, less than twice as many; once.
//! Memory keeps what was seen of a count, which only grows while its minute
//! lasts: a try over the limit costs a look into a map.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Revision, Ticket, Timestamp};
use gatelodge_ports::store::{Issued, Struck, TicketKey};
use gatelodge_ports::{StoreError, UnitOfWork};

use super::{Account, BOUND, Refused, WINDOW};
use crate::Foundation;

/// With how many tries a ticket begins: more than any limit allows, so that it is never void.
const TRIES: u32 = 1_000_000;
/// How long to wait for tries that are under way.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// What this node knows of an account's tries.
#[derive(Debug, Default)]
struct Known {
    under_way: u32,
    failed: u32,
    until: Timestamp,
}

type Map = HashMap<Account, Known>;

/// What this node knows of everybody's tries.
#[derive(Default)]
pub(super) struct Accounts(Mutex<Map>);

/// A try that is under way.
pub(super) struct Reserved<'a> {
    accounts: &'a Accounts,
    account: Account,
    /// Whether there was a ticket to count by.
    counted_by: Option<Timestamp>,
}

impl Accounts {
    /// Reserves a try, unless those that failed or are under way use the limit up.
    pub(super) async fn admit(
        &self,
        foundation: &Foundation,
        account: Account,
        limit: u32,
        now: Timestamp,
    ) -> Result<Reserved<'_>, Refused> {
        let others = self.reserve(account, limit, now).map_err(Refused::Wait)?;
        let mut reserved = Reserved {
            accounts: self,
            account,
            counted_by: None,
        };
        let ticket = look(foundation, account, now).await?;
        let failed = ticket.as_ref().map_or(0, failed);
        if let Some(ticket) = ticket {
            reserved.counted_by = Some(ticket.expires_at);
            self.note(account, failed, ticket.expires_at);
            if failed >= limit {
                return Err(Refused::Wait(rest(ticket.expires_at, now)));
            }
        }
        let elsewhere = others.saturating_mul(foundation.nodes.live());
        if failed.saturating_add(elsewhere) >= limit {
            return Err(Refused::Wait(UNDER_WAY));
        }
        Ok(reserved)
    }

    /// Counts one more under way, and says how many were before; or how long to wait, where
    /// enough are known to have failed.
    fn reserve(&self, account: Account, limit: u32, now: Timestamp) -> Result<u32, Duration> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = map.get(&account)
            && now < known.until
            && known.failed >= limit
        {
            return Err(rest(known.until, now));
        }
        if map.len() >= BOUND {
            map.retain(|_, known| known.under_way > 0);
        }
        let known = map.entry(account).or_default();
        known.under_way += 1;
        Ok(known.under_way - 1)
    }

    /// Remembers what a look at the count showed.
    fn note(&self, account: Account, failed: u32, until: Timestamp) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = map.get_mut(&account) {
            // Of two looks at one count, the later may be noted first.
            known.failed = if known.until == until {
                known.failed.max(failed)
            } else {
                failed
            };
            known.until = until;
        }
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let mut map = self
            .accounts
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = map.get_mut(&self.account) {
            known.under_way = known.under_way.saturating_sub(1);
            if known.under_way == 0 && known.failed == 0 {
                map.remove(&self.account);
            }
        }
    }
}

impl Reserved<'_> {
    /// Counts the try as failed in that unit. Whoever saw a ticket strikes it; whoever saw none
    /// makes one; and whoever finds it otherwise by then does the other.
    pub(super) async fn failed(
        &self,
        unit: &mut (dyn UnitOfWork + '_),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = key(self.account);
        if self.counted_by.is_some_and(|until| now < until)
            && let Struck::Left(_) = unit.tickets().strike(key).await?
        {
            return Ok(());
        }
        match unit.tickets().issue(&first(key, now)).await? {
            Issued::Done => Ok(()),
            Issued::Collision => unit.tickets().strike(key).await.map(|_| ()),
        }
    }
}

fn key((realm, digest): Account) -> TicketKey {
    TicketKey {
        realm,
        kind: TicketKind::FailedSignIns,
        digest,
    }
}

async fn look(
    foundation: &Foundation,
    account: Account,
    now: Timestamp,
) -> Result<Option<Ticket>, StoreError> {
    let mut view = foundation.store.read().await?;
    let ticket = view.tickets().peek(key(account)).await?;
    Ok(ticket.filter(|ticket| now < ticket.expires_at))
}

/// A count of one failed try.
fn first(key: TicketKey, now: Timestamp) -> Ticket {
    Ticket {
        kind: key.kind,
        digest: key.digest,
        alias: None,
        realm: key.realm,
        grant: None,
        subject: None,
        client: None,
        session: None,
        state: TicketState::Ready,
        revision: Revision::FIRST,
        attempts: TRIES - 1,
        not_before: now,
        payload: Vec::new(),
        created_at: now,
        expires_at: now.plus(WINDOW),
        redeemed_at: None,
    }
}

fn failed(ticket: &Ticket) -> u32 {
    TRIES.saturating_sub(ticket.attempts)
}

/// The rest of a window; another node's clock must not make it longer than one.
fn rest(until: Timestamp, now: Timestamp) -> Duration {
    until.since(now).min(WINDOW)
}
