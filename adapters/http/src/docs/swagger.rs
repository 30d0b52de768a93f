//! Swagger UI, from the binary. Its files hold nothing personal, so browsers keep them for a
//! while; afterwards an entity tag spares the megabytes (RFC 9110 §13.1.2).

use std::sync::{Arc, OnceLock};

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use gatelodge_domain::scope::{ADMIN, OPENID};
use gatelodge_usecases::Failure;
use gatelodge_usecases::realms::Listener;
use gatelodge_usecases::setup::DOCS_CLIENT;
use utoipa_swagger_ui::{Config, SwaggerFile, oauth, serve};

use crate::cached;
use crate::errors::HttpError;
use crate::pages::assets::fnv1a;
use crate::state::HttpState;

/// Swagger UI sets styles on elements, which only `'unsafe-inline'` allows; scripts are files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; \
form-action 'self'; frame-ancestors 'none'";

/// The pages' address ends in a slash, because what they load lies beside them.
#[utoipa::path(
    tag = "Documents",
    operation_id = "docs_redirect",
    responses(
        (status = 308, description = "To `/docs/`."),
        (status = 404, description = "The documents are switched off."),
    )
)]
#[get("/docs")]
pub(super) async fn docs_redirect(state: web::Data<HttpState>) -> Result<HttpResponse, HttpError> {
    switched_on(&state)?;
    let location = format!("{}/docs/", state.base_path);
    Ok(HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, location))
        .finish())
}

/// The documents, to read and to try.
#[utoipa::path(
    tag = "Documents",
    operation_id = "docs_index",
    responses(
        (status = 200, description = "Swagger UI.", body = String, content_type = "text/html"),
        (status = 404, description = "The documents are switched off."),
    )
)]
#[get("/docs/")]
pub(super) async fn docs_index(state: web::Data<HttpState>) -> Result<HttpResponse, HttpError> {
    switched_on(&state)?;
    Ok(page(found(&state, "index.html")?))
}

/// A file of the pages.
#[utoipa::path(
    tag = "Documents",
    operation_id = "docs_file",
    params(("file" = String, Path, description = "The file's name.", example = "swagger-ui.css")),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "*/*",
            headers(("ETag" = String, description = "Names this state of the file."), ("Cache-Control" = String, description = "For how long it may be kept."))),
        (status = 304, description = "The browser has it."),
        (status = 404, description = "There is no such file, or the documents are switched off."),
    )
)]
#[get("/docs/{file}")]
pub(super) async fn docs_file(
    state: web::Data<HttpState>,
    file: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, HttpError> {
    switched_on(&state)?;
    let found = found(&state, &file)?;
    let etag = format!("\"{:016x}\"", fnv1a(&found.bytes));
    let mut response = if cached::has(&request, &etag) {
        HttpResponse::NotModified().finish()
    } else {
        page(found)
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=3600"),
    );
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    Ok(response)
}

fn switched_on(state: &HttpState) -> Result<(), HttpError> {
    if state.docs {
        Ok(())
    } else {
        Err(HttpError::not_found())
    }
}

/// The file of that name.
fn found(state: &HttpState, name: &str) -> Result<SwaggerFile<'static>, HttpError> {
    serve(name, config(state.listener))
        .map_err(|error| Failure::broken(format!("Swagger UI: {error}")))?
        .ok_or_else(HttpError::not_found)
}

fn page(found: SwaggerFile<'_>) -> HttpResponse {
    let SwaggerFile {
        bytes,
        content_type,
        gzpipped,
        ..
    } = found;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(content_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
    if gzpipped {
        answer.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    answer.body(bytes.into_owned())
}

/// Where the document lies, seen from the pages, and who signs in.
fn config(listener: Listener) -> Arc<Config<'static>> {
    static AUTH: OnceLock<Arc<Config<'static>>> = OnceLock::new();
    static ADMINISTRATION: OnceLock<Arc<Config<'static>>> = OnceLock::new();
    let (cell, scopes) = match listener {
        Listener::Auth => (&AUTH, vec![OPENID.to_owned()]),
        Listener::Admin => (&ADMINISTRATION, vec![OPENID.to_owned(), ADMIN.to_owned()]),
    };
    let make = || {
        let sign_in = oauth::Config::new()
            .client_id(DOCS_CLIENT)
            .app_name("Gatelodge")
            .scopes(scopes)
            .use_pkce_with_authorization_code_grant(true);
        let config = Config::with_oauth_config(["../openapi.json"], sign_in)
            .display_operation_id(true)
            .validator_url("none");
        Arc::new(config)
    };
    cell.get_or_init(make).clone()
}
