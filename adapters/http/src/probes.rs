//! Probes: alive, and ready to serve.

use core::time::Duration;

use actix_web::{HttpResponse, get, web};
use gatelodge_domain::{KeyAlgorithm, RealmSlug};
use gatelodge_usecases::Foundation;
use tokio::time::timeout;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::errors::HttpError;
use crate::state::HttpState;
use crate::trouble::{TROUBLES, Trouble};

/// Adds the probes.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(healthz).service(readyz);
}

/// Whether the process is alive.
#[utoipa::path(
    tag = "Operations",
    operation_id = "healthz",
    responses((status = 200, description = "The process is alive.", body = String, content_type = "text/plain"))
)]
#[get("/healthz")]
async fn healthz() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("alive\n")
}

/// Longest time that the storage is asked; a load balancer asks again soon enough.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether requests can be served: the storage answers, the change feed is fresh, and the keys
/// for access tokens of `system` and the default realm are loaded. Where some work is turned
/// away while the rest goes on, it is ready, and a line for each trouble follows.
#[utoipa::path(
    tag = "Operations",
    operation_id = "readyz",
    responses(
        (status = 200, description = "Ready to serve.", body = String, content_type = "text/plain"),
        (status = 503, description = "Not ready; the body says why.", body = String, content_type = "text/plain"),
    )
)]
#[get("/readyz")]
async fn readyz(state: web::Data<HttpState>) -> HttpResponse {
    match obstacle(&state).await {
        None => HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body(ready(&TROUBLES.present())),
        Some(why) => HttpResponse::ServiceUnavailable()
            .insert_header((actix_web::http::header::RETRY_AFTER, "1"))
            .content_type("text/plain; charset=utf-8")
            .body(format!("{why}\n")),
    }
}

fn ready(troubles: &[Trouble]) -> String {
    let mut text = "ready\n".to_owned();
    for trouble in troubles {
        text.push_str(trouble.sentence());
        text.push('\n');
    }
    text
}

async fn obstacle(state: &HttpState) -> Option<&'static str> {
    let foundation = &state.foundation;
    if foundation.nodes.is_leaving() {
        return Some("the node is about to stop");
    }
    let Ok(asked) = timeout(PATIENCE, storage_obstacle(foundation)).await else {
        return Some("the storage does not answer in time");
    };
    if asked.is_some() {
        return asked;
    }
    if !foundation.revocations.is_fresh(foundation.clock.now()) {
        return Some("the change feed is not being read");
    }
    None
}

async fn storage_obstacle(foundation: &Foundation) -> Option<&'static str> {
    for slug in [RealmSlug::system(), RealmSlug::default_realm()] {
        let storage = "the storage does not answer";
        // Asked of the storage itself: a cached realm would hide that it is gone.
        let found = match foundation.store.read().await {
            Ok(mut view) => view.realms().find_by_slug(&slug).await,
            Err(error) => Err(error),
        };
        let realm = match found {
            Err(error) => {
                let _logged: HttpError = error.into();
                return Some(storage);
            }
            Ok(None) => return Some("the store has no realms yet"),
            Ok(Some(realm)) => realm,
        };
        match foundation.key_rings.of(realm.id).await {
            Ok(ring) if ring.signer(KeyAlgorithm::Es256).is_some() => {}
            _ => return Some("the signing keys are not loaded"),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_names_what_is_turned_away_meanwhile() {
        assert_eq!(ready(&[]), "ready\n");
        let text = ready(&[Trouble::Crowded, Trouble::StorageFails]);
        assert_eq!(text.lines().count(), 3);
        assert!(text.starts_with("ready\n"));
    }
}
