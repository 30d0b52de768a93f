//! Leaving: between the word to stop and the end of accepting, the server serves on for a while.
//! Readiness fails, so that load balancers that ask for it choose another node, and each answer
//! closes its connection, so that a proxy keeps none that is about to end.

use core::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web;
use gatelodge_http::state::HttpState;
use gatelodge_usecases::Foundation;

/// Says that this node is leaving, and waits.
pub(super) async fn drain(foundation: &Foundation, how_long: Duration) {
    foundation.nodes.leave();
    tokio::time::sleep(how_long).await;
}

/// Closes the connection with the answer once the node is leaving.
pub(super) async fn part_when_leaving(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut answer = next.call(request).await?;
    let leaving = answer
        .request()
        .app_data::<web::Data<HttpState>>()
        .is_some_and(|state| state.foundation.nodes.is_leaving());
    if leaving {
        let head = answer.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(answer)
}
