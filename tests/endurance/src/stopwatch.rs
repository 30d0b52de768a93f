//! The one place of this crate that reads the machine's steady clock.

use std::time::Instant;

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch outside of the program that is tested"
)]
pub fn now() -> Instant {
    Instant::now()
}
