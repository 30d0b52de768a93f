//! Tickets that wait for somebody, are polled, struck, or only remembered.

use std::sync::Arc;

use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Revision, Ticket, Timestamp};
use gatelodge_ports::Store;
use gatelodge_ports::store::{Issued, Moved, Polled, Redeemed, Remembered, Struck, TicketKey};

use crate::fixture::{House, assert_is, committed, seen};
use crate::race::{MANY, race};
use crate::samples::{self, NOW, at, ticket_key};

const CODE: TicketKind = TicketKind::AuthorizationCode;

async fn issue(store: &Arc<dyn Store>, ticket: &Ticket) -> Issued {
    committed!(store, |unit| unit.tickets().issue(ticket).await.unwrap())
}

async fn redeem(store: &Arc<dyn Store>, key: TicketKey, now: Timestamp) -> Redeemed {
    committed!(store, |unit| unit.tickets().redeem(key, now).await.unwrap())
}

async fn peek(store: &Arc<dyn Store>, key: TicketKey) -> Option<Ticket> {
    seen!(store, |view| view.tickets().peek(key).await.unwrap())
}

/// A ticket moves on from where its caller saw it: state, payload, and whom and what it is
/// about where given. From anywhere else it does not.
pub async fn a_ticket_moves_on_from_where_it_was_seen(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let ticket = Ticket {
        state: TicketState::Pending,
        ..samples::ticket(house.realm(), TicketKind::DeviceAuthorization)
    };
    issue(&store, &ticket).await;
    let key = ticket_key(&ticket);
    let to = Ticket {
        state: TicketState::Ready,
        payload: vec![4, 0, 2],
        subject: Some(house.subject()),
        grant: Some(house.grant.id),
        ..ticket.clone()
    };
    let advance = async |key, from, to: &Ticket| {
        committed!(store, |unit| unit
            .tickets()
            .advance(key, from, to.clone())
            .await
            .unwrap())
    };
    let (pending, first) = (TicketState::Pending, ticket.revision);
    for (key, from) in [
        (key, (TicketState::Ready, first)),
        (key, (pending, first.next())),
        (
            TicketKey {
                realm: other.realm(),
                ..key
            },
            (pending, first),
        ),
        (
            TicketKey {
                digest: samples::digest(),
                ..key
            },
            (pending, first),
        ),
    ] {
        assert_eq!(advance(key, from, &to).await, Moved::Stale);
    }
    assert_eq!(peek(&store, key).await.as_ref(), Some(&ticket));

    let expected = Ticket {
        revision: first.next(),
        ..to.clone()
    };
    assert_eq!(
        advance(key, (pending, first), &to).await,
        Moved::Done(expected.clone())
    );
    assert_eq!(peek(&store, key).await, Some(expected.clone()));
    assert_eq!(advance(key, (pending, first), &to).await, Moved::Stale);

    // Where nobody is named, whoever was stays.
    let silent = Ticket {
        payload: vec![9],
        subject: None,
        grant: None,
        ..expected.clone()
    };
    let expected = Ticket {
        payload: vec![9],
        revision: Revision(3),
        ..expected
    };
    let from = (TicketState::Ready, Revision(2));
    assert_eq!(advance(key, from, &silent).await, Moved::Done(expected));
    let theirs = seen!(store, |view| {
        view.tickets()
            .count(key.realm, key.kind, house.subject(), NOW)
            .await
            .unwrap()
    });
    assert_eq!(theirs, 1);
}

/// A ticket that was used moves nowhere: otherwise it could be made ready once more.
pub async fn a_used_ticket_moves_nowhere(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let ticket = samples::ticket(house.realm(), CODE);
    issue(&store, &ticket).await;
    let key = ticket_key(&ticket);
    assert_is!(redeem(&store, key, at(1)).await, Redeemed::Fresh(_));
    let used = peek(&store, key).await.unwrap();
    let from = (used.state, used.revision);
    let to = Ticket {
        redeemed_at: None,
        ..used.clone()
    };
    let moved = committed!(store, |unit| unit
        .tickets()
        .advance(key, from, to)
        .await
        .unwrap());
    assert_eq!(moved, Moved::Stale);
    assert_eq!(peek(&store, key).await, Some(used));
}

/// Of many who decide at once exactly one does.
pub async fn one_of_many_moves_a_ticket_on(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let ticket = Ticket {
        state: TicketState::Pending,
        ..samples::ticket(house.realm(), CODE)
    };
    issue(&store, &ticket).await;
    let key = ticket_key(&ticket);
    let outcomes = race(&store, MANY, move |unit, number| {
        let payload = vec![u8::try_from(number).unwrap()];
        let to = Ticket {
            state: TicketState::Ready,
            payload,
            ..ticket.clone()
        };
        let from = (TicketState::Pending, ticket.revision);
        Box::pin(async move { unit.tickets().advance(key, from, to).await })
    })
    .await;
    let mut won = outcomes.iter().filter_map(|outcome| match outcome {
        Moved::Done(ticket) => Some(ticket),
        Moved::Stale => None,
    });
    let winner = won.next().unwrap();
    assert_eq!(won.next(), None);
    assert_eq!(peek(&store, key).await.as_ref(), Some(winner));
}

/// A poll counts from `not_before` on; one that comes too soon makes the wait longer.
pub async fn a_poll_that_is_too_soon_waits_longer(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let ticket = Ticket {
        state: TicketState::Pending,
        ..samples::ticket(house.realm(), CODE)
    };
    issue(&store, &ticket).await;
    let key = ticket_key(&ticket);
    let poll = async |key, now| {
        committed!(store, |unit| unit
            .tickets()
            .poll(key, now, 5_000)
            .await
            .unwrap())
    };
    assert_is!(poll(key, NOW).await, Polled::Ready(seen) if seen.state == TicketState::Pending);
    assert_is!(poll(key, at(4_999)).await, Polled::TooSoon); // now not before 10,000
    assert_is!(poll(key, at(9_999)).await, Polled::TooSoon); // now not before 15,000
    assert_is!(poll(key, at(15_000)).await, Polled::Ready(_));
    assert_is!(poll(key, at(20_000)).await, Polled::Ready(_));
    assert_is!(poll(key, ticket.expires_at).await, Polled::Expired);
    for wrong in [
        TicketKey {
            realm: other.realm(),
            ..key
        },
        TicketKey {
            digest: samples::digest(),
            ..key
        },
    ] {
        assert_is!(poll(wrong, at(30_000)).await, Polled::Unknown);
    }
}

/// A poll does not get in the way of whoever decides.
pub async fn a_poll_does_not_disturb_a_decision(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let ticket = Ticket {
        state: TicketState::Pending,
        ..samples::ticket(house.realm(), CODE)
    };
    issue(&store, &ticket).await;
    let key = ticket_key(&ticket);
    let seen_by_person = peek(&store, key).await.unwrap();
    committed!(store, |unit| unit
        .tickets()
        .poll(key, at(1), 5_000)
        .await
        .unwrap());
    let from = (seen_by_person.state, seen_by_person.revision);
    let to = Ticket {
        state: TicketState::Ready,
        ..seen_by_person
    };
    let moved = committed!(store, |unit| unit
        .tickets()
        .advance(key, from, to)
        .await
        .unwrap());
    assert_is!(moved, Moved::Done(_));
}

/// `attempts` are the tries that are left: each strike takes one, and with the last one the
/// ticket is void.
pub async fn strikes_use_a_ticket_up(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let ticket = Ticket {
        attempts: 3,
        ..samples::ticket(house.realm(), TicketKind::Challenge)
    };
    issue(&store, &ticket).await;
    let key = ticket_key(&ticket);
    let strike = async |key| committed!(store, |unit| unit.tickets().strike(key).await.unwrap());
    let foreign = TicketKey {
        realm: other.realm(),
        ..key
    };
    for (key, expected) in [
        (key, Struck::Left(2)),
        (foreign, Struck::Exhausted),
        (key, Struck::Left(1)),
        (key, Struck::Exhausted),
        (key, Struck::Exhausted),
    ] {
        assert_eq!(strike(key).await, expected);
    }
    assert_is!(redeem(&store, key, at(1)).await, Redeemed::Unknown);
}

/// A value is remembered until its time, each realm and kind for itself.
pub async fn a_value_is_remembered_until_its_time(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let key = TicketKey {
        realm: house.realm(),
        kind: TicketKind::Replay,
        digest: samples::digest(),
    };
    let remember = async |key, now, until| {
        committed!(store, |unit| unit
            .tickets()
            .remember(key, now, until)
            .await
            .unwrap())
    };
    assert_eq!(remember(key, NOW, at(100)).await, Remembered::First);
    assert_eq!(remember(key, at(1), at(500)).await, Remembered::Again);
    assert_eq!(remember(key, at(99), at(500)).await, Remembered::Again);
    for elsewhere in [
        TicketKey {
            realm: other.realm(),
            ..key
        },
        TicketKey {
            kind: TicketKind::Challenge,
            ..key
        },
    ] {
        assert_eq!(remember(elsewhere, at(1), at(100)).await, Remembered::First);
    }
    assert_eq!(remember(key, at(100), at(200)).await, Remembered::First);
    assert_eq!(remember(key, at(101), at(200)).await, Remembered::Again);
}

/// Of many who come with the same value exactly one is the first.
pub async fn one_of_many_is_the_first(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let key = TicketKey {
        realm: house.realm(),
        kind: TicketKind::Replay,
        digest: samples::digest(),
    };
    let outcomes = race(&store, MANY, move |unit, _| {
        Box::pin(async move { unit.tickets().remember(key, NOW, at(100)).await })
    })
    .await;
    let first = outcomes
        .iter()
        .filter(|outcome| **outcome == Remembered::First)
        .count();
    assert_eq!(first, 1);
}
