//! A grant as the API shows it.

use gatelodge_domain::{Grant, Subject};
use gatelodge_usecases::admin::{GrantsRead, Permit};
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::request::AdminRequest;
use crate::problem::Problem;
use crate::time;

/// One authorization.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrantAnswer {
    /// Row id, which tokens carry as `gid`.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// Who got it; `null` when that client is gone.
    #[schema(example = "my-app")]
    client_id: Option<String>,
    /// Who gave it, by row id; `null` for clients acting for themselves.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    user: Option<String>,
    /// In which browser sign-in.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    session: Option<String>,
    /// What was granted, as space-separated scopes.
    #[schema(example = "email openid profile")]
    scope: String,
    /// When.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    /// After this nothing of it can be alive.
    #[schema(format = DateTime, example = "2026-05-01T12:00:00.000Z")]
    expires_at: String,
    /// When it was ended, if it was.
    #[schema(format = DateTime, example = "2026-01-31T18:00:00.000Z")]
    ended_at: Option<String>,
}

impl GrantAnswer {
    pub(super) async fn of(
        admin: &AdminRequest,
        permit: &Permit<GrantsRead>,
        grant: &Grant,
    ) -> Result<Self, Problem> {
        let clients = &admin.api().clients;
        let client_id = clients.client_id_of(permit, grant.client).await?;
        Ok(Self {
            id: grant.id.to_string(),
            client_id: client_id.map(|id| id.as_str().to_owned()),
            user: Subject::user(grant.party.subject).map(|id| id.to_string()),
            session: grant.session.map(|id| id.to_string()),
            scope: grant.scopes.to_string(),
            created_at: time::to_text(grant.created_at),
            expires_at: time::to_text(grant.expires_at),
            ended_at: grant.ended_at.map(time::to_text),
        })
    }
}
