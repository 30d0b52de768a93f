//! Every way to tamper with a run of events under one seal, and what is said of it.

use gatelodge_domain::audit::{AuditActor, SealBody};
use gatelodge_domain::{AuditAction, Outcome};

use super::*;

fn stored(position: u64) -> PositionedEvent {
    let event = AuditEvent {
        id: Id::from_u128(u128::from(position) * 10),
        at: Timestamp::from_millis(5),
        realm: Id::from_u128(2),
        actor_realm: Id::from_u128(2),
        actor: AuditActor::System,
        action: AuditAction::KeyActivated,
        target: None,
        outcome: Outcome::Success,
        reason: None,
        client: None,
        session: None,
        grant: None,
        token: None,
        request_id: None,
        facts: None,
        detail: None,
    };
    PositionedEvent {
        position,
        digest: event.digest(),
        event,
    }
}

fn sealed() -> (Seal, Vec<PositionedEvent>) {
    let events: Vec<_> = (1..=5).map(stored).collect();
    let covered: Vec<_> = events
        .iter()
        .map(|event| (event.position, event.digest))
        .collect();
    let body = SealBody::over(None, &covered).unwrap();
    (body.authenticated(Digest::new([0; 32])), events)
}

#[test]
fn the_first_fault_is_named() {
    let (seal, events) = sealed();
    assert_eq!(fault_within(&seal, &events), None);

    let mut changed = events.clone();
    changed[2].event.outcome = Outcome::Denied;
    let fault = fault_within(&seal, &changed).unwrap();
    assert!(
        matches!(fault, Fault::Changed { position: 3, .. }),
        "{fault}"
    );

    // With the digest recomputed only the seal notices.
    changed[2].digest = changed[2].event.digest();
    let fault = fault_within(&seal, &changed).unwrap();
    assert!(
        matches!(
            fault,
            Fault::ChangedWithin {
                first: 1,
                last: 5,
                ..
            }
        ),
        "{fault}"
    );

    let mut removed = events.clone();
    removed.remove(1);
    let fault = fault_within(&seal, &removed).unwrap();
    assert!(
        matches!(
            fault,
            Fault::Removed {
                position: 2,
                count: 1,
                ..
            }
        ),
        "{fault}"
    );

    let mut cut = events.clone();
    cut.pop();
    let fault = fault_within(&seal, &cut).unwrap();
    assert!(
        matches!(
            fault,
            Fault::Removed {
                position: 5,
                count: 1,
                ..
            }
        ),
        "{fault}"
    );

    let mut swapped = events.clone();
    let (left, right) = (swapped[1].clone(), swapped[3].clone());
    swapped[1] = PositionedEvent {
        position: 2,
        ..right
    };
    swapped[3] = PositionedEvent {
        position: 4,
        ..left
    };
    assert_eq!(
        fault_within(&seal, &swapped),
        Some(Fault::Reordered { position: 2 })
    );
}

#[test]
fn an_event_added_among_sealed_ones_is_named() {
    let (mut seal, mut events) = sealed();
    // Positions leave gaps, so there is room for it.
    for event in &mut events {
        event.position *= 10;
    }
    (seal.first, seal.last) = (10, 50);
    events.insert(
        3,
        PositionedEvent {
            position: 33,
            ..stored(9)
        },
    );
    let fault = fault_within(&seal, &events).unwrap();
    assert!(
        matches!(fault, Fault::Added { position: 33, .. }),
        "{fault}"
    );
}

#[test]
fn a_cut_tail_shows_against_a_seal_that_is_known_from_elsewhere() {
    let (seal, _) = sealed();
    let known = |number| {
        Some(KnownSeal {
            number,
            mac: Digest::new([0; 32]),
        })
    };
    assert_eq!(cut(known(1), Some(&seal)), None);
    assert_eq!(cut(None, None), None);
    assert_eq!(
        cut(known(2), Some(&seal)),
        Some(Fault::Cut {
            known: 2,
            newest: 1
        })
    );
    assert_eq!(
        cut(known(1), None),
        Some(Fault::Cut {
            known: 1,
            newest: 0
        })
    );
}
