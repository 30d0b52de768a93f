//! A grant type with a code of its own needs no table: the whole storage of the device
//! authorization grant (RFC 8628), told with tickets alone.

use std::sync::Arc;

use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Ticket, Timestamp};
use gatelodge_ports::Store;
use gatelodge_ports::store::{Issued, Moved, Polled, Redeemed, TicketKey};

use crate::fixture::{House, assert_is, committed, seen};
use crate::samples::{self, NOW, at, ticket_key};

/// Seconds between polls that the device was told (RFC 8628 §3.2, `interval`).
const INTERVAL_MS: u32 = 5_000;

/// What the token endpoint answers a device (RFC 8628 §3.5).
#[derive(Debug, PartialEq)]
enum Answer {
    Tokens(Box<Ticket>),
    AuthorizationPending,
    SlowDown,
    AccessDenied,
    ExpiredToken,
    InvalidGrant,
}

/// A poll at the token endpoint: redeem if it is ready, and otherwise count the poll.
async fn ask(store: &Arc<dyn Store>, device_code: TicketKey, now: Timestamp) -> Answer {
    committed!(store, |unit| {
        match unit.tickets().redeem(device_code, now).await.unwrap() {
            Redeemed::Fresh(ticket) => Answer::Tokens(Box::new(ticket)),
            Redeemed::Replayed(_) => Answer::InvalidGrant,
            Redeemed::Expired => Answer::ExpiredToken,
            Redeemed::Unknown => {
                match unit
                    .tickets()
                    .poll(device_code, now, INTERVAL_MS)
                    .await
                    .unwrap()
                {
                    Polled::Ready(ticket) if ticket.state == TicketState::Denied => {
                        Answer::AccessDenied
                    }
                    Polled::Ready(_) => Answer::AuthorizationPending,
                    Polled::TooSoon => Answer::SlowDown,
                    Polled::Expired => Answer::ExpiredToken,
                    Polled::Unknown => Answer::InvalidGrant,
                }
            }
        }
    })
}

/// The device authorization endpoint: a device code by digest, a user code as alias.
async fn begin(store: &Arc<dyn Store>, house: &House, user_code: &str) -> (Issued, TicketKey) {
    let ticket = Ticket {
        alias: Some(user_code.to_owned()),
        client: Some(house.client.id),
        state: TicketState::Pending,
        expires_at: at(1_800_000),
        payload: b"v1 scopes".to_vec(),
        ..samples::ticket(house.realm(), TicketKind::DeviceAuthorization)
    };
    let issued = committed!(store, |unit| unit.tickets().issue(&ticket).await.unwrap());
    (issued, ticket_key(&ticket))
}

/// The person types the user code and decides.
async fn decide(store: &Arc<dyn Store>, house: &House, user_code: &str, to: TicketState) -> Moved {
    let kind = TicketKind::DeviceAuthorization;
    let found = seen!(store, |view| {
        view.tickets()
            .peek_alias(house.realm(), kind, user_code, at(7_000))
            .await
            .unwrap()
    });
    let shown = found.expect("the user code is found");
    assert_eq!(shown.client, Some(house.client.id));
    let decided = Ticket {
        state: to,
        subject: Some(house.subject()),
        grant: Some(house.grant.id),
        payload: b"v1 context".to_vec(),
        ..shown.clone()
    };
    committed!(store, |unit| {
        let from = (shown.state, shown.revision);
        unit.tickets()
            .advance(ticket_key(&shown), from, decided)
            .await
            .unwrap()
    })
}

/// A device asks, waits, is told to slow down, and gets its tokens once after the person
/// agreed.
pub async fn a_device_gets_its_tokens_once_the_person_agreed(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (issued, device_code) = begin(&store, &house, "WDJB-MJHT").await;
    assert_eq!(issued, Issued::Done);
    assert_eq!(
        begin(&store, &house, "WDJB-MJHT").await.0,
        Issued::Collision
    );

    assert_eq!(
        ask(&store, device_code, NOW).await,
        Answer::AuthorizationPending
    );
    assert_eq!(ask(&store, device_code, at(2_000)).await, Answer::SlowDown);
    assert_is!(
        decide(&store, &house, "WDJB-MJHT", TicketState::Ready).await,
        Moved::Done(_)
    );
    assert_eq!(ask(&store, device_code, at(8_000)).await, Answer::SlowDown);
    let Answer::Tokens(ticket) = ask(&store, device_code, at(15_000)).await else {
        panic!("the device gets its tokens")
    };
    assert_eq!(ticket.subject, Some(house.subject()));
    assert_eq!(ticket.grant, Some(house.grant.id));
    assert_eq!(ticket.client, Some(house.client.id));
    assert_eq!(ticket.payload, b"v1 context");
    assert_eq!(
        ask(&store, device_code, at(20_000)).await,
        Answer::InvalidGrant
    );
}

/// A device that was refused hears so, and gets nothing.
pub async fn a_refused_device_hears_so(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (_, device_code) = begin(&store, &house, "DENY-THIS").await;
    assert_eq!(
        ask(&store, device_code, NOW).await,
        Answer::AuthorizationPending
    );
    assert_is!(
        decide(&store, &house, "DENY-THIS", TicketState::Denied).await,
        Moved::Done(_)
    );
    assert_eq!(
        ask(&store, device_code, at(8_000)).await,
        Answer::AccessDenied
    );
    assert_eq!(
        ask(&store, device_code, at(16_000)).await,
        Answer::AccessDenied
    );
}

/// Nobody decides twice, and a device that waits too long hears that its time is over.
pub async fn a_decision_is_final_and_time_runs_out(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (_, device_code) = begin(&store, &house, "ONCE-ONLY").await;
    let shown = seen!(store, |view| view
        .tickets()
        .peek(device_code)
        .await
        .unwrap())
    .unwrap();
    assert_is!(
        decide(&store, &house, "ONCE-ONLY", TicketState::Denied).await,
        Moved::Done(_)
    );
    let again = Ticket {
        state: TicketState::Ready,
        ..shown.clone()
    };
    let moved = committed!(store, |unit| {
        let from = (shown.state, shown.revision);
        unit.tickets()
            .advance(device_code, from, again)
            .await
            .unwrap()
    });
    assert_eq!(moved, Moved::Stale);
    assert_eq!(
        ask(&store, device_code, at(1_800_000)).await,
        Answer::ExpiredToken
    );
}
