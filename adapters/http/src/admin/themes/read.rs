//! Reading a theme.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::ThemesRead;

use super::representation::ThemeAnswer;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Reads how the pages and mails of a realm look and speak: its own theme, or the built-in look.
#[utoipa::path(
    tag = "Themes",
    operation_id = "read_theme",
    responses((status = 200, description = "The theme.", body = ThemeAnswer)),
    security(("bearer" = ["themes:read"])),
)]
#[get("/realms/{realm}/theme")]
pub(crate) async fn read_theme(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ThemesRead>(&realm).await?;
    let stored = admin.api().themes.get(&permit).await?;
    let answer = ThemeAnswer::of(&stored, &permit.realm().issuer);
    Ok(shown_at(stored.revision, &answer))
}
