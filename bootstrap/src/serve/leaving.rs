//! Leaving: between the word to stop and the end of accepting, the server serves on for a while.
//! Readiness fails, so that load balancers that ask for it choose another node, and each answer
//! closes its connection (`gatelodge_http::headers`), so that a proxy keeps none that is about to
//! end.

use core::time::Duration;

use gatelodge_usecases::Foundation;

/// Says that this node is leaving, and waits.
pub(super) async fn drain(foundation: &Foundation, how_long: Duration) {
    foundation.nodes.leave();
    tokio::time::sleep(how_long).await;
}
