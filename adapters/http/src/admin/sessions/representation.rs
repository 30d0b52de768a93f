//! A session as the API shows it.

use gatelodge_domain::Session;
use gatelodge_domain::session::Persistence;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time;

/// A browser sign-in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    /// Row id, which tokens carry as `sid`.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// Who signed in, by row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    user: String,
    /// When they last proved who they are.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    auth_time: String,
    /// What that amounts to.
    #[schema(example = "1")]
    acr: &'static str,
    /// By which methods.
    #[schema(example = json!(["pwd"]))]
    amr: Vec<&'static str>,
    /// Whether they asked to stay signed in.
    remembered: bool,
    /// Address at sign-in.
    #[schema(example = "192.0.2.7")]
    address: Option<String>,
    /// User agent at sign-in.
    #[schema(example = "Mozilla/5.0")]
    user_agent: Option<String>,
    /// When it began.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    created_at: String,
    /// When it was last used, to a minute or so.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    seen_at: String,
    /// When it ends at the latest.
    #[schema(format = DateTime, example = "2026-02-01T12:00:00.000Z")]
    expires_at: String,
    /// When it was ended, if it was.
    #[schema(format = DateTime, example = "2026-01-31T18:00:00.000Z")]
    ended_at: Option<String>,
}

impl SessionAnswer {
    pub(crate) fn of(session: &Session) -> Self {
        let proof = &session.authentication;
        Self {
            id: session.id.to_string(),
            user: session.user.to_string(),
            auth_time: time::to_text(proof.at),
            acr: proof.context.as_str(),
            amr: proof.methods.iter().map(|method| method.as_str()).collect(),
            remembered: session.persistence == Persistence::Remembered,
            address: session.address.clone(),
            user_agent: session.user_agent.clone(),
            created_at: time::to_text(session.created_at),
            seen_at: time::to_text(session.seen_at),
            expires_at: time::to_text(session.expires_at),
            ended_at: session.ended_at.map(time::to_text),
        }
    }
}
