//! What ends, voids, removes or sweeps.

use gatelodge_conformance::samples;
use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{Grant, Id, Realm, Session, Subject, User};
use gatelodge_ports::Store as _;
use gatelodge_ports::store::FamilyFilter;

use super::Plans;
use super::lists::grant_filters;
use crate::sqlite::recorded;

pub(super) async fn ends(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    let user: Id<User> = Id::from_u128(7);
    plan!(plans, "ending a user's sessions", unit => unit.sessions().end_all_of(realm, user, None, now));
    for (name, filter) in grant_filters().into_iter().skip(2) {
        plan!(plans, format!("ending {name}"), unit => unit.grants().end_matching(realm, filter, now));
    }
    let some = FamilyFilter::default;
    for (name, filter) in [
        (
            "of a grant",
            FamilyFilter {
                grant: Some(Id::from_u128(7)),
                ..some()
            },
        ),
        (
            "of a session",
            FamilyFilter {
                session: Some(Id::from_u128(7)),
                reach: Some(FamilyReach::Session),
                ..some()
            },
        ),
        (
            "of a subject",
            FamilyFilter {
                subject: Some(Subject::User(user)),
                ..some()
            },
        ),
        (
            "of a client",
            FamilyFilter {
                client: Some(Id::from_u128(7)),
                ..some()
            },
        ),
    ] {
        plan!(plans, format!("ending families {name}"), unit => unit.families().end_matching(realm, filter, now));
    }
    plan!(plans, "revoking the tickets of a grant", unit => unit.tickets().revoke_grant(realm, Id::from_u128(7)));
    let several: [Id<Grant>; 2] = [Id::from_u128(7), Id::from_u128(8)];
    plan!(plans, "ending some grants", unit => unit.grants().end_these(realm, &several, now));
    plan!(plans, "ending the families of some grants", unit => unit.families().end_of_grants(realm, &several, now));
    plan!(plans, "revoking the tickets of some grants", unit => unit.tickets().revoke_grants(realm, &several));
    let some: [Id<Session>; 2] = [Id::from_u128(7), Id::from_u128(8)];
    plan!(plans, "ending some sessions", unit => unit.sessions().end_these(realm, &some, now));
    plan!(plans, "revoking the tickets of a subject", unit => unit.tickets().revoke_subject(realm, Subject::User(user)));
    plan!(plans, "revoking the links of a subject", unit => unit.tickets().revoke_kind_of(realm, TicketKind::PasswordReset, Subject::User(user)));
    plan!(plans, "removing a user", unit => unit.users().remove(realm, user));
    plan!(plans, "removing some of what a client was given", unit => unit.clients().strip(realm, Id::from_u128(7), 200));
    plan!(plans, "removing a client", unit => unit.clients().remove(realm, Id::from_u128(7)));
}

pub(super) async fn sweeps(plans: &mut Plans, realm: Id<Realm>) {
    let now = samples::NOW;
    plan!(plans, "sweeping tickets", unit => unit.tickets().sweep(now, 200));
    plan!(plans, "sweeping sessions", unit => unit.sessions().sweep(now, 200));
    plan!(plans, "sweeping families", unit => unit.families().sweep(now, 200));
    plan!(plans, "sweeping grants", unit => unit.grants().sweep(now, 200));
    plan!(plans, "sweeping revocations", unit => unit.revocations().sweep(now, 200));
    plan!(plans, "sweeping watermarks", unit => unit.revocations().sweep_watermarks(now, 200));
    plan!(plans, "sweeping changes", unit => unit.changes().sweep(now, 200));
    plan!(plans, "sweeping a realm", unit => unit.realms().sweep(realm, 200));
    plan!(plans, "sweeping messages", unit => unit.outbox().sweep(now, 200));
    plan!(plans, "taking messages", unit => unit.outbox().take("mail", now, now, 20));
}
