//! The time of day.

use gatelodge_domain::Timestamp;

/// Tells the time. An implementation never goes backwards: it answers `max(last, now)`, so
/// that ids and `iat` keep their order when the machine's clock is set back.
pub trait Clock: Send + Sync {
    /// Now, in milliseconds since the Unix epoch.
    fn now(&self) -> Timestamp;
}
