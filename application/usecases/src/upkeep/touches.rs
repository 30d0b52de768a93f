//! Uses of sessions that were kept for a moment are written together.

use std::sync::Arc;

use crate::sessions::Touch;
use crate::{Failure, Foundation};

/// Rows that one unit changes; a turn of a few milliseconds.
const BATCH: usize = 200;

/// Writes what waits.
pub struct FlushTouches {
    foundation: Arc<Foundation>,
}

impl FlushTouches {
    /// Over a house.
    pub fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Writes it, some in each unit; what cannot be written waits for the next round.
    pub async fn run(&self) -> Result<(), Failure> {
        let waiting = self.foundation.touches.take();
        for (number, batch) in waiting.chunks(BATCH).enumerate() {
            if let Err(error) = self.write(batch).await {
                for touch in &waiting[number * BATCH..] {
                    self.foundation.touches.note(*touch);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    async fn write(&self, batch: &[Touch]) -> Result<(), Failure> {
        let mut unit = self.foundation.store.write().await?;
        for (realm, session, at) in batch {
            unit.sessions().touch(*realm, *session, *at).await?;
        }
        Ok(unit.commit().await?)
    }
}
