//! Writing a theme.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, put};
use gatelodge_usecases::admin::ThemesWrite;

use super::representation::{ThemeAnswer, ThemeBody};
use crate::admin::body::read;
use crate::admin::request::{AdminRequest, shown_at};
use crate::problem::Problem;

/// Writes the realm's theme as a whole; what is left out is as built in. The logo stays: it has
/// operations of its own. Colours that cannot be read on one another (WCAG 2.2, level AA) are
/// refused with the pair and its contrast, and so is a text whose key or placeholder is not that
/// of the message catalogue.
#[utoipa::path(
    tag = "Themes",
    operation_id = "write_theme",
    request_body = ThemeBody,
    responses((status = 200, description = "The theme as it is now.", body = ThemeAnswer)),
    security(("bearer" = ["themes:write"])),
)]
#[put("/realms/{realm}/theme")]
pub(crate) async fn write_theme(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ThemesWrite>(&realm).await?;
    let themes = &admin.api().themes;
    let current = themes.get_to_change(&permit).await?;
    admin.if_match(current.revision)?;
    let body: ThemeBody = read(&admin.http, &body)?;
    let theme = body.theme(admin.state().looks.languages())?;
    let stored = themes.put(&permit, current, theme).await?;
    let answer = ThemeAnswer::of(&stored, &permit.realm().issuer);
    Ok(shown_at(stored.revision, &answer))
}
