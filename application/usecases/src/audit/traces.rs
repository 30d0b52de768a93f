//! The trace that an access token leaves in storage: its event with the `jti`.
//!
//! By default it is durable before the answer. A realm or client may say that the trace of a
//! token with which nothing else is written is kept for a moment and written with others, or
//! that there is none: fewer writes, bought with what a crash forgets or nobody can look up.

use std::sync::{Mutex, PoisonError};

use gatelodge_domain::setting::Layers;
use gatelodge_domain::{AuditEvent, Client, Setting};

use crate::realms::ServedRealm;

/// Beyond it an event is written at once: memory is bounded, the trail is not cut.
const BOUND: usize = 10_000;

/// When a token's trace is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenTrace {
    /// Before the answer.
    Durable,
    /// With others, within a second or so.
    Buffered,
    /// Never.
    Off,
}

impl TokenTrace {
    /// What holds for a client of a realm ([`Setting::TokenTrace`]).
    pub fn of(realm: &ServedRealm, client: &Client) -> Self {
        let layers = [&client.settings, &realm.realm.settings];
        match Layers(&layers).value(Setting::TokenTrace) {
            0 => Self::Off,
            1 => Self::Buffered,
            _ => Self::Durable,
        }
    }
}

/// Traces that wait to be written together.
#[derive(Debug, Default)]
pub struct Traces(Mutex<Vec<AuditEvent>>);

impl Traces {
    /// Keeps an event for the next round, or gives it back when too many wait.
    pub fn keep(&self, event: AuditEvent) -> Result<(), Box<AuditEvent>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= BOUND {
            return Err(Box::new(event));
        }
        waiting.push(event);
        Ok(())
    }

    /// Takes what waits, in the order in which it came.
    pub fn take(&self) -> Vec<AuditEvent> {
        core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts back what could not be written, before what came since.
    pub fn put_back(&self, mut events: Vec<AuditEvent>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.append(&mut waiting);
        *waiting = events;
    }
}
