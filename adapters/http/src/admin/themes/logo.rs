//! A realm's logo: sent and shown as the file that it is.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, delete, get, put};
use gatelodge_domain::theme::Logo;
use gatelodge_usecases::admin::{ThemesRead, ThemesWrite};

use super::representation::ThemeAnswer;
use crate::admin::fields::field;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;
use crate::theme::{LogoFile, shown_logo};

/// Reads the realm's logo.
#[utoipa::path(
    tag = "Themes",
    operation_id = "read_theme_logo",
    responses((status = 200, description = "The picture.",
        content((LogoFile = "image/png"), (LogoFile = "image/jpeg"), (LogoFile = "image/webp"), (LogoFile = "image/svg+xml")))),
    security(("bearer" = ["themes:read"])),
)]
#[get("/realms/{realm}/theme/logo")]
pub(crate) async fn read_theme_logo(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ThemesRead>(&realm).await?;
    let logo = admin.api().themes.logo(&permit).await?;
    Ok(shown_logo(&logo))
}

/// Puts a logo into the realm's theme: a PNG, JPEG, WebP or SVG file of at most 48 KiB, whose
/// type is read from its bytes. Mails show it where it is a PNG or JPEG.
#[utoipa::path(
    tag = "Themes",
    operation_id = "write_theme_logo",
    request_body(
        content((LogoFile = "application/octet-stream"), (LogoFile = "image/png"), (LogoFile = "image/jpeg"), (LogoFile = "image/webp"), (LogoFile = "image/svg+xml")),
        description = "The file.",
    ),
    responses(
        (status = 200, description = "The theme as it is now.", body = ThemeAnswer),
        (status = 422, description = "The bytes are no such picture, or too many."),
    ),
    security(("bearer" = ["themes:write"])),
)]
#[put("/realms/{realm}/theme/logo")]
pub(crate) async fn write_theme_logo(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ThemesWrite>(&realm).await?;
    let themes = &admin.api().themes;
    let current = themes.get_to_change(&permit).await?;
    admin.if_match(current.revision)?;
    expect_file(&admin)?;
    let logo = field("logo", Logo::parse(body.to_vec()))?;
    let stored = themes.put_logo(&permit, current, logo).await?;
    let answer = ThemeAnswer::of(&stored, &permit.realm().issuer);
    Ok(shown_at(stored.revision, &answer))
}

/// Takes the logo out of the realm's theme.
#[utoipa::path(
    tag = "Themes",
    operation_id = "delete_theme_logo",
    responses((status = 204, description = "There is no logo.")),
    security(("bearer" = ["themes:write"])),
)]
#[delete("/realms/{realm}/theme/logo")]
pub(crate) async fn delete_theme_logo(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ThemesWrite>(&realm).await?;
    let themes = &admin.api().themes;
    let current = themes.get_to_change(&permit).await?;
    admin.if_match(current.revision)?;
    themes.delete_logo(&permit, current).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A file, whatever it is called: its bytes decide. A form or JSON is neither.
fn expect_file(admin: &AdminRequest) -> Result<(), Problem> {
    const FILES: [&str; 5] = [
        "application/octet-stream",
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/svg+xml",
    ];
    let sent = admin.http.headers().get(header::CONTENT_TYPE);
    let sent = sent.and_then(|value| value.to_str().ok());
    let essence = sent
        .and_then(|sent| sent.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase());
    match essence {
        Some(essence) if FILES.contains(&essence.as_str()) => Ok(()),
        _ => Err(Problem::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
    }
}
