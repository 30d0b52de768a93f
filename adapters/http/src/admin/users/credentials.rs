//! What a user can prove who they are with.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::user::PasswordChange;
use gatelodge_usecases::admin::UsersRead;
use gatelodge_usecases::users::PasswordFacts;
use serde::Serialize;
use utoipa::ToSchema;

use super::read::NO_USER;
use crate::admin::page::Page;
use crate::admin::request::{AdminRequest, row_within, shown};
use crate::problem::Problem;
use crate::time;

/// A credential, without anything that would let somebody sign in.
#[derive(Serialize, ToSchema)]
pub(crate) struct CredentialAnswer {
    /// What it is: `password`.
    #[serde(rename = "type")]
    #[schema(example = "password")]
    kind: &'static str,
    /// When it was set or changed.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    changed_at: String,
    /// How it is hashed; other than `argon2id` it was imported and not used since.
    #[schema(example = "argon2id")]
    algorithm: &'static str,
    /// At which cost, in the algorithm's own terms.
    #[schema(example = "m=19456,t=2,p=1")]
    cost: String,
    /// Whether the user must choose another one at their next sign-in.
    must_change: bool,
}

impl CredentialAnswer {
    fn of(facts: PasswordFacts) -> Self {
        Self {
            kind: "password",
            changed_at: time::to_text(facts.credential.changed_at),
            algorithm: facts.kind.algorithm,
            cost: facts.kind.cost,
            must_change: facts.change == PasswordChange::Required,
        }
    }
}

/// Lists a user's credentials.
#[utoipa::path(
    tag = "Users",
    operation_id = "list_credentials",
    responses((status = 200, description = "All of the user's credentials.", body = Page<CredentialAnswer>)),
    security(("bearer" = ["users:read"])),
)]
#[get("/realms/{realm}/users/{user}/credentials")]
pub(crate) async fn list_credentials(
    admin: AdminRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (realm, user) = path.into_inner();
    let permit = admin.permit_in_reach::<UsersRead>(&realm).await?;
    let id = row_within(&permit, &user, NO_USER)?;
    let password = admin.api().users.password_facts(&permit, id).await?;
    Ok(shown(&Page {
        items: password.into_iter().map(CredentialAnswer::of).collect(),
        next_cursor: None,
    }))
}
