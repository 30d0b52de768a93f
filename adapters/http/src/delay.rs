//! Waiting on the runtime's timer.

use core::time::Duration;

use async_trait::async_trait;
use gatelodge_ports::Delay;

/// Waits without holding a thread.
#[derive(Debug, Default)]
pub struct TokioDelay;

#[async_trait]
impl Delay for TokioDelay {
    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
