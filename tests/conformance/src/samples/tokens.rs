//! Grants, refresh families and tickets.

use gatelodge_domain::refresh::FamilyReach;
use gatelodge_domain::subject::Party;
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{
    Client, Grant, Id, Realm, RefreshFamily, Revision, ScopeSet, Session, Subject, Ticket,
};
use gatelodge_ports::store::TicketKey;

use super::{NOW, at, digest, id, number};

/// A grant of nothing in particular that lasts for an hour.
pub fn grant(realm: Id<Realm>, client: Id<Client>, subject: Subject) -> Grant {
    Grant {
        id: id(),
        realm,
        client,
        party: Party::from(subject),
        session: None,
        scopes: ScopeSet::empty(),
        created_at: NOW,
        expires_at: at(3_600_000),
        ended_at: None,
    }
}

/// A grant in which an agent acts for somebody on behalf of a company; it was ended.
pub fn full_grant(
    realm: Id<Realm>,
    client: Id<Client>,
    subject: Subject,
    session: Id<Session>,
) -> Grant {
    Grant {
        party: Party {
            subject,
            actor: Some(Subject::Agent(id())),
            organization: Some(id()),
        },
        session: Some(session),
        scopes: ScopeSet::parse("openid api:read !%_'").expect("scopes"),
        created_at: at(-12),
        expires_at: at(3_600_012),
        ended_at: Some(at(12)),
        ..grant(realm, client, subject)
    }
}

/// A family in its first generation: idle after a minute, over after an hour.
pub fn family(grant: &Grant) -> RefreshFamily {
    RefreshFamily {
        id: id(),
        realm: grant.realm,
        grant: grant.id,
        client: grant.client,
        subject: grant.party.subject,
        session: None,
        reach: FamilyReach::Offline,
        generation: 1,
        context: Vec::new(),
        created_at: NOW,
        rotated_at: NOW,
        idle_expires_at: at(60_000),
        expires_at: at(3_600_000),
        ended_at: None,
    }
}

/// A family that has seen much and was ended.
pub fn full_family(grant: &Grant, session: Id<Session>) -> RefreshFamily {
    RefreshFamily {
        session: Some(session),
        reach: FamilyReach::Session,
        generation: 2_147_483_647,
        context: vec![1, 0, 255, 39, 92],
        created_at: at(-5),
        rotated_at: at(-4),
        idle_expires_at: at(60_004),
        expires_at: at(3_600_005),
        ended_at: Some(at(6)),
        ..family(grant)
    }
}

/// A ticket that is ready, belongs to nobody and lasts for a minute.
pub fn ticket(realm: Id<Realm>, kind: TicketKind) -> Ticket {
    Ticket {
        kind,
        digest: digest(),
        alias: None,
        realm,
        grant: None,
        subject: None,
        client: None,
        session: None,
        state: TicketState::Ready,
        revision: Revision::FIRST,
        attempts: 0,
        not_before: NOW,
        payload: Vec::new(),
        created_at: NOW,
        expires_at: at(60_000),
        redeemed_at: None,
    }
}

/// A ticket in which every field says something.
pub fn full_ticket(grant: &Grant, session: Id<Session>) -> Ticket {
    Ticket {
        alias: Some(format!("Ünï-{}", number())),
        grant: Some(grant.id),
        subject: Some(grant.party.subject),
        client: Some(grant.client),
        session: Some(session),
        state: TicketState::Pending,
        revision: Revision(7),
        attempts: 5,
        not_before: at(11),
        payload: vec![2, 0, 255, 39, 92],
        created_at: at(-3),
        expires_at: at(60_003),
        ..ticket(grant.realm, TicketKind::BackchannelAuthentication)
    }
}

/// What a ticket is found by.
pub fn ticket_key(ticket: &Ticket) -> TicketKey {
    TicketKey {
        realm: ticket.realm,
        kind: ticket.kind,
        digest: ticket.digest,
    }
}
