//! What a user can prove who they are with.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use gatelodge_domain::Factor;
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
    /// What it is: `password`, `totp`, `recovery_codes`.
    #[serde(rename = "type")]
    #[schema(example = "password")]
    kind: &'static str,
    /// Row id of a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: Option<String>,
    /// What its owner calls a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Phone")]
    name: Option<String>,
    /// When it was set, changed or enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    changed_at: Option<String>,
    /// How a password is hashed; other than `argon2id` it was imported and not used since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "argon2id")]
    algorithm: Option<&'static str>,
    /// At which cost, in the algorithm's own terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "m=19456,t=2,p=1")]
    cost: Option<String>,
    /// Whether the user must choose another password at their next sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    must_change: Option<bool>,
    /// How many recovery codes were not used yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 8)]
    left: Option<usize>,
}

impl CredentialAnswer {
    const fn bare(kind: &'static str) -> Self {
        Self {
            kind,
            id: None,
            name: None,
            changed_at: None,
            algorithm: None,
            cost: None,
            must_change: None,
            left: None,
        }
    }

    fn password(facts: PasswordFacts) -> Self {
        Self {
            changed_at: Some(time::to_text(facts.credential.changed_at)),
            algorithm: Some(facts.kind.algorithm),
            cost: Some(facts.kind.cost),
            must_change: Some(facts.change == PasswordChange::Required),
            ..Self::bare("password")
        }
    }

    fn factor(factor: &Factor) -> Self {
        Self {
            id: Some(factor.id.to_string()),
            name: Some(factor.name.as_str().to_owned()),
            changed_at: Some(time::to_text(factor.created_at)),
            ..Self::bare(factor.kind.as_str())
        }
    }

    fn recovery_codes(left: usize) -> Self {
        Self {
            left: Some(left),
            ..Self::bare("recovery_codes")
        }
    }
}

/// Lists what a user can prove who they are with.
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
    let theirs = admin.api().factors.list(&permit, id).await?;
    let recovery =
        (theirs.recovery.made > 0).then(|| CredentialAnswer::recovery_codes(theirs.recovery.left));
    let password = password.into_iter().map(CredentialAnswer::password);
    let factors = theirs.factors.iter().map(CredentialAnswer::factor);
    Ok(shown(&Page {
        items: password.chain(factors).chain(recovery).collect(),
        next_cursor: None,
    }))
}
