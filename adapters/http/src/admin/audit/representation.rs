//! An audit event as the API shows it.

use core::fmt::Write as _;

use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{Digest, Seal, Timestamp};
use gatelodge_usecases::audit::{OpenedEvent, TrailPage};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::admin::page::Page;
use crate::time;

/// Something that happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventAnswer {
    /// Its place in the trail.
    #[schema(example = 42)]
    position: u64,
    /// Row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
    /// When it happened.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000Z")]
    at: String,
    /// The realm it concerns, by row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    realm: String,
    /// The realm of who did it.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    actor_realm: String,
    /// Who did it.
    actor: ActorAnswer,
    /// What was done or tried.
    #[schema(example = "user.created")]
    action: &'static str,
    /// To what.
    target: Option<TargetAnswer>,
    /// `success` or `denied`.
    #[schema(example = "success")]
    outcome: &'static str,
    /// Why, where it was denied.
    #[schema(example = "insufficient_scope")]
    reason: Option<String>,
    /// Through which client, by row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    client: Option<String>,
    /// In which browser sign-in.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    session: Option<String>,
    /// Under which authorization.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    grant: Option<String>,
    /// Which access token it made, used or ended.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    token: Option<String>,
    /// Which request.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    request_id: Option<String>,
    /// Facts that identify nobody.
    #[schema(value_type = Option<Object>)]
    facts: Option<Value>,
    /// Address, user agent and further facts that identify somebody; `null` where there are
    /// none, or the person was deleted.
    #[schema(value_type = Option<Object>)]
    personal: Option<Value>,
}

/// Who did it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActorAnswer {
    /// `user`, `client`, `workload`, `agent`, `operator`, `system` or `anonymous`.
    #[schema(example = "user")]
    kind: &'static str,
    /// Row id, where there is one.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: Option<String>,
}

/// To what it was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct TargetAnswer {
    /// `user`, `client`, `realm`, `key`, `session`, `grant`, …
    #[schema(example = "user")]
    kind: String,
    /// Row id.
    #[schema(
        pattern = "^[a-h][a-z2-7]{25}$",
        example = "aglzdq7eht24jbnz3q6xkfzcwm"
    )]
    id: String,
}

/// The text of a row id whose kind stands beside it.
fn id_text(bits: u128) -> String {
    gatelodge_domain::Id::<()>::from_u128(bits).to_string()
}

impl EventAnswer {
    pub(super) fn of(opened: OpenedEvent) -> Self {
        let event = opened.stored.event;
        let id = match event.actor {
            AuditActor::Subject(subject) => Some(id_text(subject.bits())),
            AuditActor::Anonymous | AuditActor::Operator | AuditActor::System => None,
        };
        Self {
            position: opened.stored.position,
            id: event.id.to_string(),
            at: time::to_text(event.at),
            realm: event.realm.to_string(),
            actor_realm: event.actor_realm.to_string(),
            actor: ActorAnswer {
                kind: event.actor.kind(),
                id,
            },
            action: event.action.as_str(),
            target: event.target.map(|target| TargetAnswer {
                id: id_text(target.bits),
                kind: target.kind,
            }),
            outcome: event.outcome.as_str(),
            reason: event.reason,
            client: event.client.map(|id| id.to_string()),
            session: event.session.map(|id| id.to_string()),
            grant: event.grant.map(|id| id.to_string()),
            token: event.token.map(|id| id.to_string()),
            request_id: event.request_id,
            facts: event
                .facts
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok()),
            personal: opened.personal,
        }
    }
}

/// An event as one line, as exports, live tails and sinks have it.
pub fn event_line(opened: OpenedEvent) -> String {
    // Text, numbers and values that came from JSON can always be written.
    serde_json::to_string(&EventAnswer::of(opened)).unwrap_or_default()
}

/// A seal, as sinks have it.
#[derive(Serialize)]
struct SealLine {
    chain: &'static str,
    number: u64,
    first: u64,
    last: u64,
    count: u32,
    root: String,
    previous: String,
    mac: String,
    at: String,
}

/// A seal as one line, with the moment at which it was seen.
pub fn seal_line(seal: &Seal, at: Timestamp) -> String {
    let line = SealLine {
        chain: "audit",
        number: seal.number,
        first: seal.first,
        last: seal.last,
        count: seal.count,
        root: hexadecimal(&seal.root),
        previous: hexadecimal(&seal.previous),
        mac: hexadecimal(&seal.mac),
        at: time::to_text(at),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// A digest as the log has it.
pub fn hexadecimal(digest: &Digest) -> String {
    let bytes = digest.as_bytes().iter();
    bytes.fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A page of the trail as an answer.
pub(super) fn page(page: TrailPage) -> Page<EventAnswer> {
    Page {
        items: page.items.into_iter().map(EventAnswer::of).collect(),
        next_cursor: page.next.map(|position| position.to_string()),
    }
}
