//! Giving out users, page by page, as lines that an import reads.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpResponse, get};
use gatelodge_usecases::admin::{Refusal, UsersRead};
use gatelodge_usecases::users::{Export, ExportParts};
use serde::Deserialize;
use utoipa::IntoParams;

use super::import::{NDJSON, line_of};
use super::record::UserRecord;
use crate::admin::body::query;
use crate::admin::request::AdminRequest;
use crate::errors::HttpError;
use crate::problem::Problem;
use crate::state::HttpState;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// What to give out besides, with commas between: `password_hashes`, which needs the
    /// permission `users:export_hashes`; `roles`, those that users hold themselves, which needs
    /// `roles:read`; `groups`, which needs `groups:read`.
    #[param(
        pattern = "^(password_hashes|roles|groups)(,(password_hashes|roles|groups)){0,2}$",
        example = "roles,groups"
    )]
    include: Option<String>,
}

/// Exports every user of a realm, one JSON object a line, in the form that an import reads.
#[utoipa::path(
    tag = "Users",
    operation_id = "export_users",
    params(ExportQuery),
    responses((status = 200, description = "A user a line.", body = UserRecord, content_type = "application/x-ndjson")),
    security(("bearer" = ["users:read"])),
)]
#[get("/realms/{realm}/users/export")]
pub(crate) async fn export_users(
    admin: AdminRequest,
    realm: Path<String>,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<UsersRead>(&realm).await?;
    let query: ExportQuery = query(&admin.http)?;
    let mut parts = ExportParts::default();
    for part in query.include.iter().flat_map(|list| list.split(',')) {
        match part {
            "password_hashes" => parts.password_hashes = Some(admin.permit(&realm).await?),
            "roles" => parts.roles = Some(admin.permit(&realm).await?),
            "groups" => parts.groups = Some(admin.permit(&realm).await?),
            _ => {
                let rule = "use password_hashes, roles, groups, with commas between";
                return Err(Refusal::field("include", rule).into());
            }
        }
    }
    let users = &admin.api().users;
    let export = users.begin_export(permit, parts).await?;
    let state = admin.http.app_data::<Data<HttpState>>().cloned();
    let state = state.ok_or_else(|| Problem::Failed(HttpError::misconfigured()))?;
    let pages = futures_util::stream::unfold((state, export), next_page);
    Ok(HttpResponse::Ok().content_type(NDJSON).streaming(pages))
}

type Page = Result<Bytes, actix_web::Error>;
type Rest = (Data<HttpState>, Export);

/// The next people as lines. A failure breaks the answer off, so that nobody takes a part for
/// the whole.
async fn next_page((state, mut export): Rest) -> Option<(Page, Rest)> {
    let users = &state.use_cases.admin.users;
    let page = match users.export(&mut export).await {
        Ok(people) if people.is_empty() => return None,
        Ok(people) => {
            let mut lines = Vec::new();
            for person in &people {
                lines.extend_from_slice(&line_of(&UserRecord::of(person)));
            }
            Ok(Bytes::from(lines))
        }
        Err(failure) => Err(Problem::from(failure).into()),
    };
    Some((page, (state, export)))
}
