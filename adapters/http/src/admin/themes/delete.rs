//! Putting the built-in look back.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use gatelodge_usecases::admin::ThemesWrite;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;

/// Removes the realm's theme, its logo too; the built-in look is in effect again.
#[utoipa::path(
    tag = "Themes",
    operation_id = "delete_theme",
    responses((status = 204, description = "The built-in look is in effect.")),
    security(("bearer" = ["themes:write"])),
)]
#[delete("/realms/{realm}/theme")]
pub(crate) async fn delete_theme(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<ThemesWrite>(&realm).await?;
    let themes = &admin.api().themes;
    let current = themes.get_to_change(&permit).await?;
    admin.if_match(current.revision)?;
    themes.delete(&permit, current).await?;
    Ok(HttpResponse::NoContent().finish())
}
