//! A refresh family: one row for a chain of refresh tokens (RFC 6749 §6, RFC 9700 §4.14).
//!
//! A token names its family and generation and carries a MAC, so nothing is stored per token:
//! rotation is one conditional step of the generation, and whoever comes with an older one
//! has shown that a token was stolen or lost, whenever that is.

use core::time::Duration;

use crate::{Client, Grant, Id, Realm, Session, Subject, Timestamp};

/// The state of a chain of refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshFamily {
    /// Row id.
    pub id: Id<RefreshFamily>,
    /// The realm.
    pub realm: Id<Realm>,
    /// The authorization it carries on.
    pub grant: Id<Grant>,
    /// Whose it is.
    pub client: Id<Client>,
    /// For whom.
    pub subject: Subject,
    /// The browser sign-in it came from.
    pub session: Option<Id<Session>>,
    /// Whether it outlives that sign-in (`offline_access`).
    pub reach: FamilyReach,
    /// Generation of the current token, from 1.
    pub generation: u32,
    /// The grant context, versioned.
    pub context: Vec<u8>,
    /// When it began.
    pub created_at: Timestamp,
    /// When the current generation was made.
    pub rotated_at: Timestamp,
    /// When it dies unless used.
    pub idle_expires_at: Timestamp,
    /// When it dies in any case.
    pub expires_at: Timestamp,
    /// When it was ended, if it was.
    pub ended_at: Option<Timestamp>,
}

/// How long a family may live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FamilyReach {
    /// It ends with the session.
    Session,
    /// It outlives the session.
    Offline,
}

impl RefreshFamily {
    /// Whether its current token would be honoured.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.idle_expires_at && now < self.expires_at
    }

    /// Whether whoever presents that generation still gets the current token: it is the one
    /// before it, presented within the overlap. An overlap of zero is none, also for a caller
    /// who read the clock before the rotation and comes after it.
    pub fn overlaps(&self, presented: u32, now: Timestamp, overlap: Duration) -> bool {
        !overlap.is_zero()
            && self.generation.checked_sub(1) == Some(presented)
            && now < self.rotated_at.plus(overlap)
    }
}
