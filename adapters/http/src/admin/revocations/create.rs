//! Revoking one token, or all of a grant, a session, a user, a client or a realm.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, post};
use gatelodge_domain::Id;
use gatelodge_usecases::admin::{Refusal, TokensWrite};
use gatelodge_usecases::revocations::{Doomed, Ended};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::body::read;
use crate::admin::fields::field;
use crate::admin::request::{AdminRequest, shown};
use crate::problem::Problem;

/// What is to be revoked: exactly one of these.
#[derive(Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub(crate) struct RevocationBody {
    /// One access token, by its `jti`. The answer does not say whether there is such a token.
    #[schema(pattern = "^[a-h][a-z2-7]{25}$")]
    jti: Option<String>,
    /// A grant (`gid`) with its codes, refresh tokens and access tokens.
    #[schema(pattern = "^[a-h][a-z2-7]{25}$")]
    grant: Option<String>,
    /// A session (`sid`) with its access tokens and its refresh tokens without
    /// `offline_access`.
    #[schema(pattern = "^[a-h][a-z2-7]{25}$")]
    session: Option<String>,
    /// All of a user's sessions, refresh tokens and access tokens, by row id.
    #[schema(pattern = "^[a-h][a-z2-7]{25}$")]
    user: Option<String>,
    /// All that was given to a client, by `client_id`.
    #[schema(example = "my-app")]
    client: Option<String>,
    /// `true`: all of everybody in the realm.
    realm: Option<bool>,
}

/// What ended. Access tokens have no rows and are not counted; they are void.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndedAnswer {
    /// How many grants.
    #[schema(example = 1)]
    grants: u64,
    /// How many sessions; those of a single user are not counted.
    #[schema(example = 0)]
    sessions: u64,
}

impl EndedAnswer {
    pub(crate) const fn of(ended: Ended) -> Self {
        Self {
            grants: ended.grants,
            sessions: ended.sessions,
        }
    }
}

/// Revokes a token, or all that belongs to a grant, a session, a user, a client or the realm.
/// Access tokens are void at once wherever this server accepts them, on other nodes within a
/// second; an API that verifies them alone sees it when they expire. Very many grants end in
/// turns before the answer; the same request, sent again after an interruption, goes on.
#[utoipa::path(
    tag = "Revocations",
    operation_id = "create_revocation",
    request_body(
        content = RevocationBody,
        example = json!({"jti": "aglzdq7eht24jbnz3q6xkfzcwm"}),
    ),
    responses((status = 200, description = "It is revoked.", body = EndedAnswer)),
    security(("bearer" = ["tokens:write"])),
)]
#[post("/realms/{realm}/revocations")]
pub(crate) async fn create_revocation(
    admin: AdminRequest,
    realm: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<TokensWrite>(&realm).await?;
    let doomed = read::<RevocationBody>(&admin.http, &body)?.doomed()?;
    let ended = admin.api().revocations.revoke(&permit, doomed).await?;
    Ok(shown(&EndedAnswer::of(ended)))
}

impl RevocationBody {
    fn doomed(self) -> Result<Doomed, Refusal> {
        let mut named = Vec::new();
        if let Some(text) = self.jti {
            named.push(Doomed::Token(field("jti", Id::parse(&text))?));
        }
        if let Some(text) = self.grant {
            named.push(Doomed::Grant(field("grant", Id::parse(&text))?));
        }
        if let Some(text) = self.session {
            named.push(Doomed::Session(field("session", Id::parse(&text))?));
        }
        if let Some(text) = self.user {
            named.push(Doomed::User(field("user", Id::parse(&text))?));
        }
        named.extend(self.client.map(Doomed::Client));
        match self.realm {
            Some(true) => named.push(Doomed::Realm),
            Some(false) => return Err(Refusal::field("realm", "this is `true` or left out")),
            None => {}
        }
        match (named.pop(), named.pop()) {
            (Some(doomed), None) => Ok(doomed),
            _ => Err(Refusal::field(
                "jti",
                "name exactly one of: jti, grant, session, user, client, realm",
            )),
        }
    }
}
