//! Time as a person with a stopwatch sees it.

use std::time::{Duration, Instant};

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured here is real time between processes"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// Asks until it is so; how long that took, or `None` when patience ends.
pub fn until(patience: Duration, mut is_so: impl FnMut() -> bool) -> Option<Duration> {
    let began = now();
    loop {
        if is_so() {
            return Some(began.elapsed());
        }
        if began.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
