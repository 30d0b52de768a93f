//! Waiting, for answers that must not come earlier than others.

use core::time::Duration;

use async_trait::async_trait;

/// Lets time pass without holding a thread.
#[async_trait]
pub trait Delay: Send + Sync {
    /// Returns after at least that long.
    async fn wait(&self, duration: Duration);
}
