//! What a realm's theme brings to its pages: a style sheet and a logo. Their URLs bear a version
//! of the content, so that browsers keep them for good.
//!
//! A logo may be an SVG and so hold scripts. As an image it runs none; opened by itself it is
//! held by a policy of its own, in a sandbox (CSP Level 3 §6.3.2), and never taken for another
//! type than its bytes are.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get};
use gatelodge_domain::theme::Logo;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::cached::has;
use crate::errors::HttpError;
use crate::pages::assets::cache_control;
use crate::parameters::QueryParameters;
use crate::request::IssuerRequest;

/// What a logo may do where it is opened by itself: show its own colours.
const LOGO_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// Adds the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(theme_stylesheet).service(theme_logo);
}

/// The realm's own colours.
#[utoipa::path(
    tag = "Pages",
    operation_id = "theme_stylesheet",
    params(("v" = Option<String>, Query, description = "The version that the page was made with.")),
    responses(
        (status = 200, description = "The style sheet.", body = String, content_type = "text/css"),
        (status = 304, description = "The browser has it."),
        (status = 404, description = "The realm has the built-in look."),
    )
)]
#[get("/theme/style.css")]
async fn theme_stylesheet(
    issuer: IssuerRequest,
    request: HttpRequest,
    query: QueryParameters,
) -> Result<HttpResponse, HttpError> {
    let state = &issuer.state;
    let directory = &issuer.foundation().directory;
    let look = state.looks.of(directory, issuer.realm.realm.id).await?;
    let sheet = look.sheet().ok_or_else(HttpError::not_found)?;
    let file = File {
        media_type: "text/css; charset=utf-8",
        bytes: sheet.css.as_bytes(),
        version: &sheet.version,
    };
    Ok(file.answer(&request, &query))
}

/// The realm's logo.
#[utoipa::path(
    tag = "Pages",
    operation_id = "theme_logo",
    params(("v" = Option<String>, Query, description = "The version that the page was made with.")),
    responses(
        (status = 200, description = "The picture.",
            content((LogoFile = "image/png"), (LogoFile = "image/jpeg"), (LogoFile = "image/webp"), (LogoFile = "image/svg+xml"))),
        (status = 304, description = "The browser has it."),
        (status = 404, description = "The realm has no logo."),
    )
)]
#[get("/theme/logo")]
async fn theme_logo(
    issuer: IssuerRequest,
    request: HttpRequest,
    query: QueryParameters,
) -> Result<HttpResponse, HttpError> {
    let state = &issuer.state;
    let directory = &issuer.foundation().directory;
    let look = state.looks.of(directory, issuer.realm.realm.id).await?;
    let (logo, version) = look.logo().ok_or_else(HttpError::not_found)?;
    let file = File {
        media_type: logo.kind().media_type(),
        bytes: logo.bytes(),
        version,
    };
    Ok(held(file.answer(&request, &query)))
}

/// A picture, as its bytes are.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it only describes bytes")]
pub(crate) struct LogoFile(Vec<u8>);

/// A logo for whoever looks after it: not to be kept by anybody.
pub(crate) fn shown_logo(logo: &Logo) -> HttpResponse {
    let answer = HttpResponse::Ok()
        .content_type(logo.kind().media_type())
        .body(logo.bytes().to_vec());
    held(answer)
}

fn held(mut answer: HttpResponse) -> HttpResponse {
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, LOGO_POLICY);
    answer
}

/// A file of a theme.
struct File<'a> {
    media_type: &'static str,
    bytes: &'a [u8],
    version: &'a str,
}

impl File<'_> {
    fn answer(&self, request: &HttpRequest, query: &QueryParameters) -> HttpResponse {
        let asked = query.0.one("v").ok().flatten();
        let etag = format!("\"{}\"", self.version);
        let known = has(request, &etag);
        let mut answer = if known {
            HttpResponse::NotModified()
        } else {
            HttpResponse::Ok()
        };
        answer
            .insert_header((header::CACHE_CONTROL, cache_control(self.version, asked)))
            .insert_header((header::ETAG, etag));
        if known {
            answer.finish()
        } else {
            answer
                .content_type(self.media_type)
                .body(self.bytes.to_vec())
        }
    }
}
