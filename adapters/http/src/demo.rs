//! The demonstration: a small relying party, served only with `--demo`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get};
use gatelodge_domain::RealmSlug;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::errors::HttpError;
use crate::page_error::PageError;
use crate::pages::DemoPage;
use crate::visit::Visit;

/// Adds the operation.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(demo_page);
}

/// A page that acts as a relying party: sign in, consent, come back, see the claims.
#[utoipa::path(
    tag = "Pages",
    operation_id = "demo",
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "The server runs without `--demo`.", body = String, content_type = "text/html"),
    )
)]
#[get("/demo")]
async fn demo_page(visit: Visit) -> Result<HttpResponse, PageError> {
    let realm = &visit.issuer.realm;
    let demo = visit
        .issuer
        .state
        .demo
        .as_ref()
        .filter(|_| realm.realm.slug == RealmSlug::default_realm())
        .ok_or_else(|| visit.error(&HttpError::not_found()))?;
    let page = DemoPage {
        frame: visit.frame(None),
        issuer: realm.issuer.to_string(),
        client_id: demo.client_id.clone(),
        redirect_uri: format!("{}/demo", realm.issuer),
        scope: "openid profile email offline_access".to_owned(),
    };
    visit.page(StatusCode::OK, &page)
}
