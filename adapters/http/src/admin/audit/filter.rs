//! Which events a caller asks for: the same conditions for a list, an export and a live tail.

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{AuditAction, Id, Outcome};
use gatelodge_ports::store::AuditFilter;
use gatelodge_usecases::admin::Refusal;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::admin::fields::{field, moment, word};

/// The conditions as they come; all hold together.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Conditions<'a> {
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) action: Option<&'a str>,
    pub(super) actor: Option<&'a str>,
    pub(super) target: Option<&'a str>,
    pub(super) outcome: Option<&'a str>,
}

impl Conditions<'_> {
    pub(super) fn filter(self) -> Result<AuditFilter, Refusal> {
        let at = |name: &str, text: Option<&str>| text.map(|text| moment(name, text)).transpose();
        let action = self.action.map(|text| {
            AuditAction::parse(text).ok_or_else(|| Refusal::field("action", "unknown action"))
        });
        let outcome = self
            .outcome
            .map(|text| word("outcome", text, Outcome::parse, "success, denied"));
        let shape = "user:{id}, client:{id}, operator, system, anonymous";
        let actor = self.actor.map(|text| word("actor", text, actor, shape));
        let target = self.target.map(Id::<()>::parse).transpose();
        Ok(AuditFilter {
            realm: None,
            from: at("from", self.from)?,
            to: at("to", self.to)?,
            actor: actor.transpose()?,
            action: action.transpose()?,
            target: field("target", target)?.map(Id::as_u128),
            outcome: outcome.transpose()?,
        })
    }
}

fn actor(text: &str) -> Option<AuditActor> {
    let (kind, bits) = match text.split_once(':') {
        Some((kind, id)) => (kind, Id::<()>::parse(id).ok()?.as_u128()),
        None if matches!(text, "operator" | "system" | "anonymous") => (text, 0),
        None => return None,
    };
    AuditActor::from_parts(kind, bits)
}

/// The query of an export.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// Only events from this time on.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only events before this time.
    #[param(format = DateTime)]
    to: Option<String>,
    /// Only events of this action, such as `user.created`.
    #[param(pattern = "^[a-z_]+(\\.[a-z_]+)*$", example = "user.created")]
    action: Option<String>,
    /// Only events by this actor: `user:{id}`, `client:{id}`, `operator`, `system`, `anonymous`.
    #[param(
        pattern = "^((user|client|workload|agent):[a-h][a-z2-7]{25}|operator|system|anonymous)$"
    )]
    actor: Option<String>,
    /// Only events on the thing with this row id.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    target: Option<String>,
    /// Only `success` or `denied`.
    outcome: Option<String>,
}

impl ExportQuery {
    pub(super) fn filter(&self) -> Result<AuditFilter, Refusal> {
        let conditions = Conditions {
            from: self.from.as_deref(),
            to: self.to.as_deref(),
            action: self.action.as_deref(),
            actor: self.actor.as_deref(),
            target: self.target.as_deref(),
            outcome: self.outcome.as_deref(),
        };
        conditions.filter()
    }
}

/// The query of a live tail.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamQuery {
    /// Only events of this action, such as `user.created`.
    #[param(pattern = "^[a-z_]+(\\.[a-z_]+)*$", example = "user.created")]
    action: Option<String>,
    /// Only events by this actor: `user:{id}`, `client:{id}`, `operator`, `system`, `anonymous`.
    #[param(
        pattern = "^((user|client|workload|agent):[a-h][a-z2-7]{25}|operator|system|anonymous)$"
    )]
    actor: Option<String>,
    /// Only events on the thing with this row id.
    #[param(pattern = "^[a-h][a-z2-7]{25}$")]
    target: Option<String>,
    /// Only `success` or `denied`.
    outcome: Option<String>,
}

impl StreamQuery {
    pub(super) fn filter(&self) -> Result<AuditFilter, Refusal> {
        let conditions = Conditions {
            action: self.action.as_deref(),
            actor: self.actor.as_deref(),
            target: self.target.as_deref(),
            outcome: self.outcome.as_deref(),
            ..Conditions::default()
        };
        conditions.filter()
    }
}
