//! A flag that is raised whatever happens.

use std::sync::atomic::{AtomicBool, Ordering};

/// Raises its flag when it is dropped. Threads of a scope that go on until then end also where
/// the test panics in between, instead of keeping it for ever.
#[derive(Debug)]
pub struct End<'a>(pub &'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
