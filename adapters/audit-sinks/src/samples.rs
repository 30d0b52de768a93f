//! Records to deliver in tests.

use gatelodge_domain::audit::{AuditActor, Outcome};
use gatelodge_domain::{AuditAction, AuditEvent, Digest, Id, Seal, Timestamp};
use gatelodge_ports::{SinkItem, SinkRecord};

pub(crate) fn event(position: u64, outcome: Outcome) -> SinkRecord {
    let event = AuditEvent {
        id: Id::from_u128(u128::from(position)),
        at: Timestamp::EPOCH,
        realm: Id::from_u128(2),
        actor_realm: Id::from_u128(2),
        actor: AuditActor::System,
        action: AuditAction::SignIn,
        target: None,
        outcome,
        reason: None,
        client: None,
        session: None,
        grant: None,
        token: None,
        request_id: None,
        facts: None,
        detail: None,
    };
    SinkRecord {
        what: SinkItem::Event {
            position,
            event: Box::new(event),
        },
        time: "1970-01-01T00:00:00.000Z".to_owned(),
        json: format!("{{\"position\":{position}}}"),
    }
}

pub(crate) fn seal(number: u64) -> SinkRecord {
    let seal = Seal {
        number,
        first: 1,
        last: 2,
        count: 2,
        root: Digest::new([1; 32]),
        previous: Digest::new([0; 32]),
        mac: Digest::new([2; 32]),
    };
    SinkRecord {
        what: SinkItem::Seal(seal),
        time: "1970-01-01T00:00:01.000Z".to_owned(),
        json: format!("{{\"seal\":{number}}}"),
    }
}
