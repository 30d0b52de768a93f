//! Traces of access tokens that were kept for a moment are written together.

use std::sync::Arc;

use crate::{Failure, Foundation};

/// Writes what waits.
pub struct FlushTraces {
    foundation: Arc<Foundation>,
}

impl FlushTraces {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Writes it in one unit; what cannot be written waits for the next round.
    pub async fn run(&self) -> Result<(), Failure> {
        let traces = &self.foundation.recorder.traces;
        let events = traces.take();
        if events.is_empty() {
            return Ok(());
        }
        let written = async {
            let mut unit = self.foundation.store.write().await?;
            unit.audit().append(&events).await?;
            unit.commit().await
        };
        if let Err(error) = written.await {
            traces.put_back(events);
            return Err(error.into());
        }
        Ok(())
    }
}
