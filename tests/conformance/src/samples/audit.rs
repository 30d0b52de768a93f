//! Audit events.

use gatelodge_domain::audit::{AuditAction, AuditActor, AuditTarget, Outcome, SealedDetail};
use gatelodge_domain::{AuditEvent, Id, Realm, Subject};

use super::{NOW, at, id};

/// A failed sign-in of nobody we know.
pub fn event(realm: Id<Realm>) -> AuditEvent {
    AuditEvent {
        id: id(),
        at: NOW,
        realm,
        actor_realm: realm,
        actor: AuditActor::Anonymous,
        action: AuditAction::SignIn,
        target: None,
        outcome: Outcome::Denied,
        reason: None,
        client: None,
        session: None,
        grant: None,
        token: None,
        request_id: None,
        facts: None,
        detail: None,
    }
}

/// An event in which every field says something.
pub fn full_event(realm: Id<Realm>) -> AuditEvent {
    AuditEvent {
        at: at(1),
        actor_realm: id(),
        actor: AuditActor::Subject(Subject::User(id())),
        action: AuditAction::RefreshReused,
        target: Some(AuditTarget {
            kind: "grant".to_owned(),
            bits: u128::MAX - 7,
        }),
        outcome: Outcome::Success,
        reason: Some("ünïcödé \"reason\" %_\\ 👋".to_owned()),
        client: Some(id()),
        session: Some(id()),
        grant: Some(id()),
        token: Some(id()),
        request_id: Some("req-1".to_owned()),
        // Spaces and order as they came: the digest covers the text, not its meaning.
        facts: Some("{ \"b\":1,  \"a\":\"é 👋\", \"b\":2 }".to_owned()),
        detail: Some(SealedDetail {
            owner: Some(id()),
            bytes: vec![0, 255, 1, 254],
        }),
        ..event(realm)
    }
}
