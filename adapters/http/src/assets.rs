//! The files that pages load. Their URLs bear a version of the content, so that browsers keep
//! them for good.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::errors::HttpError;
use crate::pages::assets;
use crate::parameters::QueryParameters;
use crate::request::IssuerRequest;

/// Adds the operation.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(file);
}

/// A file of the pages.
#[utoipa::path(
    tag = "Pages",
    operation_id = "asset",
    params(
        ("name" = String, Path, description = "The file's name.", example = "gatelodge.css"),
        ("v" = Option<String>, Query, description = "The version that the page was made with."),
    ),
    responses(
        (status = 200, description = "The file.",
            content((String = "text/css"), (String = "text/javascript"), (String = "image/svg+xml"))),
        (status = 304, description = "The browser has it."),
        (status = 404, description = "There is no such file."),
    )
)]
#[get("/assets/{name}")]
async fn file(
    _issuer: IssuerRequest,
    request: HttpRequest,
    query: QueryParameters,
    path: web::Path<AssetPath>,
) -> Result<HttpResponse, HttpError> {
    let asset = assets::find(&path.name).ok_or_else(HttpError::not_found)?;
    let version = query.0.one("v").ok().flatten();
    let etag = asset.etag();
    let caching = [
        (
            header::CACHE_CONTROL,
            asset.cache_control(version).to_owned(),
        ),
        (header::ETAG, etag.clone()),
    ];
    let is_known = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    for pair in caching {
        response.insert_header(pair);
    }
    if is_known {
        return Ok(response.finish());
    }
    Ok(response.content_type(asset.content_type).body(asset.bytes))
}

/// The path's variable part; under a realm there is a further one.
#[derive(serde::Deserialize)]
struct AssetPath {
    name: String,
}
