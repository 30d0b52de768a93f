//! Rows to store: plain ones, with as little as a row can have, and full ones, in which every
//! field says something that no other field says.

mod audit;
mod clients;
mod factors;
mod people;
mod realms;
mod texts;
mod tokens;

use core::sync::atomic::{AtomicU64, Ordering};

use gatelodge_domain::{Digest, Id, Timestamp};

pub use audit::{event, full_event};
pub use clients::{client, full_client};
pub use factors::{factor, recovery_code, throttle};
pub use people::{full_session, full_user, group, password, role, session, user};
pub use realms::{full_realm, realm, signing_key, signing_keys};
pub use texts::TEXTS;
pub use tokens::{family, full_family, full_grant, full_ticket, grant, ticket, ticket_key};

/// When the samples were made: an ordinary moment with odd milliseconds.
pub const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_123);

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number that no other sample of this process has; later ones are greater.
pub fn number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A new id, greater than those before it. Its top bit is set, so a store that takes ids for
/// signed numbers shows it.
pub fn id<T>() -> Id<T> {
    Id::from_u128((0xf1e2_d3c4_b5a6_u128 << 80) | (0x7 << 76) | (0b10 << 62) | u128::from(number()))
}

/// A digest that no other sample has.
pub fn digest() -> Digest {
    Digest::sha256(&number().to_be_bytes())
}

/// That many milliseconds after [`NOW`]; before it where negative.
pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + millis)
}
