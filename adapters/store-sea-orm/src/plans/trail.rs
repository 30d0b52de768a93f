//! The audit trail: every way in which it is asked.

use gatelodge_conformance::samples;
use gatelodge_domain::audit::{AuditActor, SealBody};
use gatelodge_domain::{AuditAction, Digest, Id, Outcome, Realm, Subject};
use gatelodge_ports::Store as _;
use gatelodge_ports::store::AuditFilter;

use super::Plans;
use crate::sqlite::recorded;

pub(super) async fn trail(plans: &mut Plans, realm: Id<Realm>) {
    events_of_somebody(plans, realm).await;
    for (place, realm) in [("everywhere", None), ("in a realm", Some(realm))] {
        events_of_a_place(plans, place, realm).await;
    }
    plan!(plans, "audit: from a position on", unit => unit.audit().since(1, 100));
    plan!(plans, "audit: seals", unit => unit.audit().seals(1, 100));
    plan!(plans, "audit: the last seal", unit => unit.audit().last_seal());
    plan!(plans, "audit: the beginning is given up", unit => unit.audit().remove_sealed(&SealBody {
        number: 0,
        first: 0,
        last: 0,
        count: 0,
        root: Digest::new([0; 32]),
        previous: Digest::new([0; 32]),
    }.authenticated(Digest::new([0; 32]))));
}

async fn events_of_somebody(plans: &mut Plans, realm: Id<Realm>) {
    let house = AuditFilter::default;
    let user = AuditActor::Subject(Subject::User(Id::from_u128(7)));
    let denied = Some(Outcome::Denied);
    let action = Some(AuditAction::TokenIssued);
    plans.audit("everything", &house()).await;
    for (name, actor) in [("by a user", user), ("by the system", AuditActor::System)] {
        let by = AuditFilter {
            actor: Some(actor),
            ..house()
        };
        plans.audit(name, &by).await;
        plans
            .audit(
                &format!("{name}, denied"),
                &AuditFilter {
                    outcome: denied,
                    ..by.clone()
                },
            )
            .await;
        plans
            .audit(
                &format!("{name}, in a realm"),
                &AuditFilter {
                    realm: Some(realm),
                    ..by.clone()
                },
            )
            .await;
        plans
            .audit(
                &format!("{name}, denied, in a realm"),
                &AuditFilter {
                    outcome: denied,
                    realm: Some(realm),
                    ..by.clone()
                },
            )
            .await;
        plans
            .audit(
                &format!("{name}, of an action"),
                &AuditFilter { action, ..by },
            )
            .await;
    }
    let on = AuditFilter {
        target: Some(7),
        ..house()
    };
    plans.audit("on a target", &on).await;
    plans
        .audit(
            "on a target in a realm",
            &AuditFilter {
                realm: Some(realm),
                action,
                ..on
            },
        )
        .await;
}

async fn events_of_a_place(plans: &mut Plans, place: &str, realm: Option<Id<Realm>>) {
    let house = AuditFilter::default;
    let denied = Some(Outcome::Denied);
    let action = Some(AuditAction::TokenIssued);
    let now = samples::NOW;
    let here = AuditFilter { realm, ..house() };
    plans.audit(place, &here).await;
    plans
        .audit(
            &format!("{place}, of an action"),
            &AuditFilter {
                action,
                ..here.clone()
            },
        )
        .await;
    plans
        .audit(
            &format!("{place}, denied"),
            &AuditFilter {
                outcome: denied,
                ..here.clone()
            },
        )
        .await;
    let both = AuditFilter {
        action,
        outcome: denied,
        ..here.clone()
    };
    plans
        .audit(&format!("{place}, of an action, denied"), &both)
        .await;
    let few = AuditFilter {
        from: Some(now.plus(core::time::Duration::from_secs(1))),
        ..here.clone()
    };
    plans
        .audit(&format!("{place}, in a time with few events"), &few)
        .await;
    plans
        .audit(
            &format!("{place}, of an action, in a time with few events"),
            &AuditFilter { action, ..few },
        )
        .await;
    let many = AuditFilter {
        from: Some(now),
        to: Some(now.plus(core::time::Duration::from_mins(1))),
        ..here
    };
    plans
        .audit(&format!("{place}, in a time with many events"), &many)
        .await;
    plans
        .audit(
            &format!("{place}, of an action, in a time with many events"),
            &AuditFilter { action, ..many },
        )
        .await;
}
