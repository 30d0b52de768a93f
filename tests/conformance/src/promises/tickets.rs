//! Everything single-use and short-lived.

use std::sync::Arc;

use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Id, Realm, Subject, Ticket, Timestamp};
use gatelodge_ports::Store;
use gatelodge_ports::store::{Issued, Redeemed, TicketKey};

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

/// A new ticket, issued.
async fn issued(store: &Arc<dyn Store>, realm: Id<Realm>) -> Ticket {
    let ticket = samples::ticket(realm, CODE);
    assert_eq!(issue(store, &ticket).await, Issued::Done);
    ticket
}

/// A ticket of every kind and a full one come back as they went in, and neither from another
/// realm nor as another kind.
pub async fn tickets_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let plain = TicketKind::ALL.map(|kind| samples::ticket(house.realm(), kind));
    let full = samples::full_ticket(&house.grant, house.session.id);
    let denied = Ticket {
        state: TicketState::Denied,
        ..samples::ticket(house.realm(), CODE)
    };
    for ticket in plain.into_iter().chain([full, denied]) {
        assert_eq!(issue(&store, &ticket).await, Issued::Done);
        let key = ticket_key(&ticket);
        let kind = match ticket.kind {
            TicketKind::Challenge => TicketKind::Replay,
            _ => TicketKind::Challenge,
        };
        assert_eq!(peek(&store, key).await, Some(ticket));
        assert_eq!(
            peek(
                &store,
                TicketKey {
                    realm: other.realm(),
                    ..key
                }
            )
            .await,
            None
        );
        assert_eq!(peek(&store, TicketKey { kind, ..key }).await, None);
    }
}

/// The first to redeem gets the ticket, all after that are replays, even past its end.
pub async fn a_ticket_is_redeemed_once(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let ticket = issued(&store, house.realm()).await;
    let key = ticket_key(&ticket);
    let Redeemed::Fresh(fresh) = redeem(&store, key, at(5)).await else {
        panic!("not fresh")
    };
    assert_eq!(
        fresh,
        Ticket {
            redeemed_at: Some(at(5)),
            revision: fresh.revision,
            ..ticket
        }
    );
    assert_eq!(peek(&store, key).await.as_ref(), Some(&fresh));
    for now in [at(6), fresh.expires_at] {
        assert_is!(redeem(&store, key, now).await, Redeemed::Replayed(seen) if *seen == fresh);
    }
}

/// A ticket can be redeemed from `not_before` on and up to, but not at, `expires_at`.
pub async fn a_ticket_is_good_from_its_beginning_to_before_its_end(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let before = |time: Timestamp| Timestamp::from_millis(time.as_millis() - 1);
    let ticket = issued(&store, house.realm()).await;
    let key = ticket_key(&ticket);
    assert_is!(
        redeem(&store, key, before(ticket.not_before)).await,
        Redeemed::Unknown
    );
    assert_is!(
        redeem(&store, key, ticket.expires_at).await,
        Redeemed::Expired
    );
    assert_is!(
        redeem(&store, key, before(ticket.expires_at)).await,
        Redeemed::Fresh(_)
    );
    let ticket = issued(&store, house.realm()).await;
    let first = redeem(&store, ticket_key(&ticket), ticket.not_before).await;
    assert_is!(first, Redeemed::Fresh(_));
}

/// Whatever is not ready, not there, of another kind or another realm is unknown, and a try
/// uses nothing up.
pub async fn what_is_not_ready_is_unknown(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    for state in [TicketState::Pending, TicketState::Denied] {
        let ticket = Ticket {
            state,
            ..samples::ticket(house.realm(), CODE)
        };
        issue(&store, &ticket).await;
        assert_is!(
            redeem(&store, ticket_key(&ticket), at(1)).await,
            Redeemed::Unknown
        );
        assert_eq!(peek(&store, ticket_key(&ticket)).await, Some(ticket));
    }
    let key = ticket_key(&issued(&store, house.realm()).await);
    for wrong in [
        TicketKey {
            realm: other.realm(),
            ..key
        },
        TicketKey {
            kind: TicketKind::OneTimeLink,
            ..key
        },
        TicketKey {
            digest: samples::digest(),
            ..key
        },
    ] {
        assert_is!(redeem(&store, wrong, at(1)).await, Redeemed::Unknown);
    }
    assert_is!(redeem(&store, key, at(1)).await, Redeemed::Fresh(_));
}

/// Of many who redeem at once exactly one gets it.
pub async fn one_of_many_redeems(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let key = ticket_key(&issued(&store, house.realm()).await);
    let outcomes = race(&store, MANY, move |unit, _| {
        Box::pin(async move { unit.tickets().redeem(key, at(1)).await })
    })
    .await;
    let count = |wanted: fn(&Redeemed) -> bool| outcomes.iter().filter(|o| wanted(o)).count();
    assert_eq!(count(|outcome| matches!(outcome, Redeemed::Fresh(_))), 1);
    assert_eq!(
        count(|outcome| matches!(outcome, Redeemed::Replayed(_))),
        MANY - 1
    );
}

/// Of many who redeem after having looked first, exactly one gets it.
pub async fn one_of_many_who_looked_first_redeems(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let key = ticket_key(&issued(&store, house.realm()).await);
    let outcomes = race(&store, MANY, move |unit, _| {
        Box::pin(async move {
            unit.tickets().peek(key).await?;
            tokio::task::yield_now().await;
            unit.tickets().redeem(key, at(1)).await
        })
    })
    .await;
    let fresh = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Redeemed::Fresh(_)));
    assert_eq!(fresh.count(), 1);
}

/// A digest or alias in use collides until its holder has expired, and then gives way; other
/// kinds and realms have their own.
pub async fn a_live_digest_or_alias_collides(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, kind) = (house.realm(), TicketKind::DeviceAuthorization);
    let named = |realm, kind| Ticket {
        alias: Some("WDJB-MJHT".to_owned()),
        ..samples::ticket(realm, kind)
    };
    let holder = named(realm, kind);
    assert_eq!(issue(&store, &holder).await, Issued::Done);
    let late = Timestamp::from_millis(holder.expires_at.as_millis() - 1);
    let again = Ticket {
        digest: holder.digest,
        ..samples::ticket(realm, kind)
    };
    for ticket in [named(realm, kind), again] {
        let ticket = Ticket {
            created_at: late,
            ..ticket
        };
        assert_eq!(issue(&store, &ticket).await, Issued::Collision);
    }
    for ticket in [
        named(realm, TicketKind::OneTimeLink),
        named(other.realm(), kind),
    ] {
        assert_eq!(issue(&store, &ticket).await, Issued::Done);
    }
    assert_eq!(
        peek(&store, ticket_key(&holder)).await.as_ref(),
        Some(&holder)
    );

    let successor = Ticket {
        created_at: holder.expires_at,
        expires_at: at(120_000),
        ..named(realm, kind)
    };
    assert_eq!(issue(&store, &successor).await, Issued::Done);
    let found = seen!(store, |view| {
        view.tickets()
            .peek_alias(realm, kind, "WDJB-MJHT", at(90_000))
            .await
            .unwrap()
    });
    assert_eq!(found, Some(successor));
}

/// An alias is found exactly as it is written, in its realm and kind, until its ticket expires.
pub async fn an_alias_is_found_while_it_lives(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let ticket = samples::full_ticket(&house.grant, house.session.id);
    let (realm, kind) = (ticket.realm, ticket.kind);
    let alias = ticket.alias.clone().unwrap();
    issue(&store, &ticket).await;
    let lower = alias.to_lowercase();
    let cases = [
        (realm, kind, alias.as_str(), at(60_002), true),
        (realm, kind, alias.as_str(), at(60_003), false),
        (other.realm(), kind, alias.as_str(), NOW, false),
        (realm, CODE, alias.as_str(), NOW, false),
        (realm, kind, lower.as_str(), NOW, false),
    ];
    for (realm, kind, alias, now, there) in cases {
        let found = seen!(store, |view| {
            view.tickets()
                .peek_alias(realm, kind, alias, now)
                .await
                .unwrap()
        });
        assert_eq!(found.as_ref(), there.then_some(&ticket));
    }
}

/// A revoked ticket is void, and revoking says whether there was one to void.
pub async fn a_revoked_ticket_is_void(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let key = ticket_key(&issued(&store, house.realm()).await);
    let used = ticket_key(&issued(&store, house.realm()).await);
    redeem(&store, used, at(1)).await;
    for (key, expected) in [
        (
            TicketKey {
                realm: other.realm(),
                ..key
            },
            false,
        ),
        (used, false),
        (key, true),
        (key, false),
    ] {
        let revoked = committed!(store, |unit| unit.tickets().revoke(key).await.unwrap());
        assert_eq!(revoked, expected);
    }
    assert_is!(redeem(&store, key, at(2)).await, Redeemed::Unknown);
    assert_is!(redeem(&store, used, at(2)).await, Redeemed::Replayed(_));
}

/// Every ticket of a grant or subject is voided and no other; used ones still show a replay.
pub async fn tickets_of_a_grant_or_subject_are_voided(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let realm = house.realm();
    let (grant, subject) = (house.grant.id, house.subject());
    let belongs = |ticket: Ticket| Ticket {
        grant: Some(grant),
        subject: Some(subject),
        ..ticket
    };
    for by_grant in [true, false] {
        let theirs =
            [CODE, CODE, TicketKind::AccessToken].map(|kind| belongs(samples::ticket(realm, kind)));
        let namesake = Subject::from_parts("agent", subject.bits());
        let others = [
            samples::ticket(realm, CODE),
            Ticket {
                grant: Some(samples::id()),
                subject: namesake,
                ..samples::ticket(realm, CODE)
            },
            belongs(samples::ticket(other.realm(), CODE)),
        ];
        for ticket in theirs.iter().chain(&others) {
            assert_eq!(issue(&store, ticket).await, Issued::Done);
        }
        redeem(&store, ticket_key(&theirs[0]), at(1)).await;
        for expected in [2, 0] {
            let voided = committed!(store, |unit| if by_grant {
                unit.tickets().revoke_grant(realm, grant).await.unwrap()
            } else {
                unit.tickets().revoke_subject(realm, subject).await.unwrap()
            });
            assert_eq!(voided, expected);
        }
        let [used, code, token] = theirs.map(|ticket| ticket_key(&ticket));
        assert_is!(redeem(&store, used, at(2)).await, Redeemed::Replayed(_));
        assert_is!(redeem(&store, code, at(2)).await, Redeemed::Unknown);
        assert_is!(redeem(&store, token, at(2)).await, Redeemed::Unknown);
        for ticket in others {
            assert_is!(
                redeem(&store, ticket_key(&ticket), at(2)).await,
                Redeemed::Fresh(_)
            );
        }
    }
}

/// A subject's unused tickets of one kind are voided, and no others.
pub async fn tickets_of_one_kind_of_a_subject_are_voided(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, subject) = (house.realm(), house.subject());
    let kind = TicketKind::PasswordReset;
    let of = |realm, kind, subject| Ticket {
        subject: Some(subject),
        ..samples::ticket(realm, kind)
    };
    let namesake = Subject::from_parts("client", subject.bits()).unwrap();
    let theirs = [(); 3].map(|()| of(realm, kind, subject));
    let others = [
        of(realm, TicketKind::EmailVerification, subject),
        of(realm, kind, namesake),
        of(other.realm(), kind, subject),
    ];
    for ticket in theirs.iter().chain(&others) {
        assert_eq!(issue(&store, ticket).await, Issued::Done);
    }
    redeem(&store, ticket_key(&theirs[0]), at(1)).await;
    for expected in [2, 0] {
        let voided = committed!(store, |unit| unit
            .tickets()
            .revoke_kind_of(realm, kind, subject)
            .await
            .unwrap());
        assert_eq!(voided, expected);
    }
    let [used, first, second] = theirs.map(|ticket| ticket_key(&ticket));
    assert_is!(redeem(&store, used, at(2)).await, Redeemed::Replayed(_));
    assert_is!(redeem(&store, first, at(2)).await, Redeemed::Unknown);
    assert_is!(redeem(&store, second, at(2)).await, Redeemed::Unknown);
    for ticket in others {
        let redeemed = redeem(&store, ticket_key(&ticket), at(2)).await;
        assert_is!(redeemed, Redeemed::Fresh(_));
    }
}

/// Counted are a subject's unexpired tickets of one kind in one realm.
pub async fn a_subjects_tickets_are_counted(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let of = |realm, kind, subject| Ticket {
        subject: Some(subject),
        ..samples::ticket(realm, kind)
    };
    let namesake = Subject::from_parts("client", house.subject().bits()).unwrap();
    for ticket in [
        of(house.realm(), CODE, house.subject()),
        Ticket {
            expires_at: at(10),
            ..of(house.realm(), CODE, house.subject())
        },
        of(house.realm(), TicketKind::Challenge, house.subject()),
        of(house.realm(), CODE, namesake),
        of(other.realm(), CODE, house.subject()),
    ] {
        issue(&store, &ticket).await;
    }
    for (now, expected) in [(at(9), 2), (at(10), 1), (at(60_000), 0)] {
        let count = seen!(store, |view| {
            view.tickets()
                .count(house.realm(), CODE, house.subject(), now)
                .await
                .unwrap()
        });
        assert_eq!(count, expected);
    }
}

/// Sweeping removes what expired before then, at most so many, used or not.
pub async fn tickets_are_swept_within_the_limit(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let mut keys = Vec::new();
    for _ in 0..5 {
        let ticket = Ticket {
            expires_at: at(10),
            ..samples::ticket(house.realm(), CODE)
        };
        issue(&store, &ticket).await;
        keys.push(ticket_key(&ticket));
    }
    let stays = ticket_key(&issued(&store, house.realm()).await);
    redeem(&store, keys[0], at(1)).await;
    redeem(&store, stays, at(1)).await;
    for (before, limit, expected) in [
        (at(10), 9, 0),
        (at(11), 3, 3),
        (at(11), 3, 2),
        (at(11), 3, 0),
    ] {
        let swept = committed!(store, |unit| unit
            .tickets()
            .sweep(before, limit)
            .await
            .unwrap());
        assert_eq!(swept, expected);
    }
    for key in keys {
        assert_eq!(peek(&store, key).await, None);
    }
    assert_is!(redeem(&store, stays, at(2)).await, Redeemed::Replayed(_));
}
