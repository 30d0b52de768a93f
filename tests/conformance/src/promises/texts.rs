//! Text survives, wherever it is put.

use std::sync::Arc;

use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{AuditEvent, Client, Session, Ticket};
use gatelodge_ports::Store;
use gatelodge_ports::store::{AuditFilter, Message};

use crate::fixture::{House, committed, seen};
use crate::samples::{self, NOW, TEXTS, at, ticket_key};

/// Free text comes back to the byte, and empty text is not the same as none.
pub async fn text_survives(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    for text in TEXTS {
        let some = || Some(text.to_owned());
        let mut client = samples::client(realm);
        client.metadata.software_id = some();
        client.metadata.contacts = vec![text.to_owned(), String::new(), text.to_owned()];
        client.audiences = vec![text.to_owned()];
        client.grant_types.insert(text.to_owned());
        let session = Session {
            address: some(),
            user_agent: some(),
            ..samples::session(realm, house.user.id)
        };
        let event = AuditEvent {
            reason: some(),
            request_id: some(),
            facts: some(),
            ..samples::event(realm)
        };
        committed!(store, |unit| {
            unit.clients().insert(&client).await.unwrap();
            unit.sessions().insert(&session).await.unwrap();
            unit.audit()
                .append(std::slice::from_ref(&event))
                .await
                .unwrap();
        });
        let mut view = store.read().await.unwrap();
        assert_eq!(
            view.clients().find(realm, client.id).await.unwrap(),
            Some(client)
        );
        assert_eq!(
            view.sessions().find(realm, session.id).await.unwrap(),
            Some(session)
        );
        let newest = view
            .audit()
            .list(&AuditFilter::default(), None, 1)
            .await
            .unwrap();
        assert_eq!(newest.items[0].event, event);
    }
}

/// Text that is searched by is told apart to the byte: each alias and channel finds its own.
pub async fn text_is_found_to_the_byte(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let kind = TicketKind::DeviceAuthorization;
    let mut stored = Vec::new();
    for text in TEXTS {
        let alias = Some(text.to_owned());
        let ticket = Ticket {
            alias,
            ..samples::ticket(realm, kind)
        };
        let message = Message {
            id: samples::id(),
            realm,
            channel: text.to_owned(),
            payload: text.as_bytes().to_vec(),
            attempts: 0,
            due_at: NOW,
        };
        committed!(store, |unit| {
            unit.tickets().issue(&ticket).await.unwrap();
            unit.outbox().enqueue(&message).await.unwrap();
        });
        stored.push((text, ticket));
    }
    for (text, ticket) in stored {
        let by_alias = seen!(store, |view| view
            .tickets()
            .peek_alias(realm, kind, text, NOW)
            .await
            .unwrap());
        assert_eq!(
            by_alias.map(|found| ticket_key(&found)),
            Some(ticket_key(&ticket))
        );
        let taken = committed!(store, |unit| {
            unit.outbox().take(text, NOW, at(100), 9).await.unwrap()
        });
        assert_eq!(taken.len(), 1, "{text:?}");
        assert_eq!(taken[0].payload, text.as_bytes());
    }
}

/// The largest and smallest numbers and bytes of every value come back.
pub async fn extremes_survive(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let mut client: Client = samples::client(house.realm());
    client.metadata.default_max_age = Some(u32::MAX);
    client.refresh.overlap_seconds = u32::MAX;
    let ticket = Ticket {
        attempts: u32::MAX,
        payload: (0..=255).cycle().take(70_000).collect(),
        not_before: gatelodge_domain::Timestamp::EPOCH,
        expires_at: gatelodge_domain::Timestamp::MAX,
        ..samples::ticket(house.realm(), TicketKind::PushedRequest)
    };
    committed!(store, |unit| {
        unit.clients().insert(&client).await.unwrap();
        unit.tickets().issue(&ticket).await.unwrap();
    });
    let (found, peeked) = seen!(store, |view| (
        view.clients().find(client.realm, client.id).await.unwrap(),
        view.tickets().peek(ticket_key(&ticket)).await.unwrap(),
    ));
    assert_eq!((found, peeked), (Some(client), Some(ticket)));
}
