//! Codes that this node gave out a moment ago, already taken apart.
//!
//! Nearly every code comes back to the node that made it, within a second. What it stands for
//! need not be read, opened and parsed again then. Whether it may still be used is decided by its
//! row alone, in the one step that redeems it; so what is remembered here may be out of date and
//! does no harm.

use std::sync::Arc;

use gatelodge_domain::{Client, Digest, Id, Realm, Ticket};
use gatelodge_ports::store::TicketKey;

use super::AuthorizationCode;
use crate::foundation::Cache;

/// Beyond it all are forgotten, and read from the store.
const BOUND: usize = 2_000;

/// A code's ticket and what it stands for.
#[derive(Debug)]
pub struct FreshCode {
    /// As it was issued.
    pub ticket: Ticket,
    /// What it stands for.
    pub code: AuthorizationCode,
}

/// Codes by their tickets.
pub struct FreshCodes(Cache<(Id<Realm>, Digest), Arc<FreshCode>>);

impl Default for FreshCodes {
    fn default() -> Self {
        Self(Cache::bounded(BOUND))
    }
}

impl FreshCodes {
    /// Remembers a code whose ticket is durable.
    pub fn remember(&self, fresh: Arc<FreshCode>) {
        let key = (fresh.ticket.realm, fresh.ticket.digest);
        self.0.keep(self.0.generation(), key, fresh);
    }

    /// The code of a ticket, if it was made here for that client and not asked for since.
    pub fn take(&self, key: TicketKey, client: Id<Client>) -> Option<Arc<FreshCode>> {
        let key = (key.realm, key.digest);
        let fresh = self.0.get(&key)?;
        if fresh.ticket.client != Some(client) {
            return None;
        }
        self.0.drop_key(&key);
        Some(fresh)
    }
}
