//! Clients.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatelodge_domain::client::{ClientOrigin, ClientStatus};
use gatelodge_domain::{
    Client, ClientId, Consent, DisplayName, Id, Origin, RedirectUri, Revision, ScopeSet,
};
use gatelodge_ports::store::{ClientFilter, Duplicate, PageRequest};
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::paging::{shuffled, walked};
use crate::samples::{self, NOW};

/// A plain and a full client come back as they went in, lists in their order, by either road,
/// and from no other realm.
pub async fn clients_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    for client in [
        samples::client(house.realm()),
        samples::full_client(house.realm()),
    ] {
        committed!(store, |unit| unit.clients().insert(&client).await.unwrap());
        for (realm, expected) in [(house.realm(), Some(&client)), (other.realm(), None)] {
            let mut view = store.read().await.unwrap();
            let by_id = view.clients().find(realm, client.id).await.unwrap();
            assert_eq!(by_id.as_ref(), expected);
            let by_text = view
                .clients()
                .find_by_client_id(realm, &client.client_id)
                .await
                .unwrap();
            assert_eq!(by_text.as_ref(), expected);
        }
    }
}

/// A `client_id` is taken once in a realm and free in every other; letter case counts.
pub async fn a_taken_client_id_is_a_duplicate(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let taken = Client {
        client_id: house.client.client_id.clone(),
        ..samples::client(house.realm())
    };
    let mut unit = store.write().await.unwrap();
    let answer = unit.clients().insert(&taken).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::ClientId)));
    drop(unit);
    let upper = ClientId::parse(&taken.client_id.as_str().to_uppercase()).unwrap();
    committed!(store, |unit| {
        unit.clients()
            .insert(&Client {
                realm: other.realm(),
                ..taken.clone()
            })
            .await
            .unwrap();
        let another = Client {
            id: samples::id(),
            client_id: upper.clone(),
            ..taken.clone()
        };
        unit.clients().insert(&another).await.unwrap();
    });
    let found = seen!(store, |view| {
        view.clients()
            .find_by_client_id(house.realm(), &house.client.client_id)
            .await
            .unwrap()
    });
    assert_eq!(found, Some(house.client.clone()));
    let mut unit = store.write().await.unwrap();
    let answer = unit
        .clients()
        .update(&Client {
            client_id: upper,
            ..house.client
        })
        .await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::ClientId)));
}

/// An update writes everything but id, realm and birth, secrets included, and counts up.
pub async fn a_client_changes_whole(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let asked = Client {
        id: house.client.id,
        ..samples::full_client(realm)
    };
    let updated = committed!(store, |unit| unit.clients().update(&asked).await.unwrap());
    let expected = Client {
        created_at: house.client.created_at,
        revision: Revision(2),
        ..asked.clone()
    };
    assert_eq!(updated, expected);
    let found = seen!(store, |view| view
        .clients()
        .find(realm, asked.id)
        .await
        .unwrap());
    assert_eq!(found.as_ref(), Some(&expected));
    let (by_new, by_old) = seen!(store, |view| (
        view.clients()
            .find_by_client_id(realm, &asked.client_id)
            .await
            .unwrap(),
        view.clients()
            .find_by_client_id(realm, &house.client.client_id)
            .await
            .unwrap(),
    ));
    assert_eq!((by_new.as_ref(), by_old), (Some(&expected), None));

    // And back to a client that has nothing: no secret, no list may linger.
    let bare = Client {
        revision: Revision(2),
        ..house.client.clone()
    };
    let updated = committed!(store, |unit| unit.clients().update(&bare).await.unwrap());
    assert_eq!(
        updated,
        Client {
            revision: Revision(3),
            ..house.client
        }
    );
    let found = seen!(store, |view| view
        .clients()
        .find(realm, asked.id)
        .await
        .unwrap());
    assert_eq!(found, Some(updated));
}

/// Whoever read an older revision, or looks in another realm, is refused.
pub async fn a_stale_client_is_refused(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    committed!(store, |unit| unit
        .clients()
        .update(&house.client)
        .await
        .unwrap());
    let foreign = Client {
        realm: other.realm(),
        revision: Revision(2),
        ..house.client.clone()
    };
    for client in [
        house.client.clone(),
        foreign,
        samples::client(house.realm()),
    ] {
        let mut unit = store.write().await.unwrap();
        assert_is!(unit.clients().update(&client).await, Err(StoreError::Stale));
    }
}

/// Pages of clients are ordered by id and whole past 50 rows; filters hold together.
pub async fn clients_are_paged_by_id_and_filtered(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let clients: Vec<Client> = (0..60)
        .map(|number| {
            let text = if number % 2 == 0 { "even" } else { "odd" };
            let client = samples::client(realm);
            let status = match number % 3 {
                0 => ClientStatus::Disabled { since: NOW },
                _ => ClientStatus::Enabled,
            };
            let client_id = ClientId::parse(&format!("{text}-{number}")).unwrap();
            Client {
                client_id,
                status,
                ..client
            }
        })
        .collect();
    let expected = |keep: &dyn Fn(&Client) -> bool| -> Vec<Id<Client>> {
        clients
            .iter()
            .filter(|client| keep(client))
            .map(|client| client.id)
            .collect()
    };
    let disabled_even =
        expected(&|client| !client.is_enabled() && client.client_id.as_str().starts_with("even"));
    let enabled_odd =
        expected(&|client| client.is_enabled() && client.client_id.as_str().starts_with("odd"));
    let mut all = expected(&|_| true);
    all.insert(0, house.client.id);
    committed!(store, |unit| for client in shuffled(clients.clone()) {
        unit.clients().insert(&client).await.unwrap();
    });
    let filter = |prefix: Option<&str>, enabled| ClientFilter {
        client_id_prefix: prefix.map(str::to_owned),
        enabled,
        ..ClientFilter::default()
    };
    let cases = [
        (filter(None, None), all),
        (filter(Some("even"), Some(false)), disabled_even),
        (filter(Some("odd-"), Some(true)), enabled_odd),
        (filter(Some("Odd"), None), Vec::new()),
    ];
    for (filter, expected) in cases {
        let ids = walked!(store, 7, |view, page| view
            .clients()
            .list(realm, &filter, page));
        assert_eq!(ids, expected, "{filter:?}");
    }
}

/// Clients are found by the beginning of their name in either case, by who registered them and
/// by what they may use; conditions hold together.
pub async fn clients_are_found_by_name_origin_and_grant_type(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let client = |name: &str, origin, grant_type: &str| Client {
        name: DisplayName::parse(name).unwrap(),
        origin,
        grant_types: BTreeSet::from([grant_type.to_owned()]),
        ..samples::client(realm)
    };
    let billing = client("Billing %", ClientOrigin::Dynamic, "client_credentials");
    let bills = client("billING_app", ClientOrigin::Administrator, "refresh_token");
    let other = client("Überweisung", ClientOrigin::Dynamic, "client_credentials");
    committed!(store, |unit| for client in [&billing, &bills, &other] {
        unit.clients().insert(client).await.unwrap();
    });
    let none = ClientFilter::default;
    let named = |prefix: &str| ClientFilter {
        name_prefix: Some(prefix.to_owned()),
        ..none()
    };
    let cases = [
        (named("BILLING"), vec![billing.id, bills.id]),
        (named("billing %"), vec![billing.id]),
        (named("Über"), vec![other.id]),
        (named("illing"), Vec::new()),
        (
            ClientFilter {
                origin: Some(ClientOrigin::Dynamic),
                ..none()
            },
            vec![billing.id, other.id],
        ),
        (
            ClientFilter {
                grant_type: Some("refresh_token".to_owned()),
                ..named("b")
            },
            vec![bills.id],
        ),
        (
            ClientFilter {
                origin: Some(ClientOrigin::BuiltIn),
                ..none()
            },
            Vec::new(),
        ),
    ];
    for (filter, expected) in cases {
        let ids = walked!(store, 2, |view, page| view
            .clients()
            .list(realm, &filter, page));
        assert_eq!(ids, expected, "{filter:?}");
    }
}

/// What was given to a client can be removed before it in turns; nobody else loses anything.
pub async fn a_client_is_stripped_in_turns(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, id) = (house.realm(), house.client.id);
    committed!(store, |unit| for _ in 0..7 {
        let grant = samples::grant(realm, id, house.subject());
        unit.grants().insert(&grant).await.unwrap();
    });
    let consent = |house: &House| Consent {
        realm: house.realm(),
        user: house.user.id,
        client: house.client.id,
        scopes: ScopeSet::empty(),
        created_at: NOW,
        updated_at: NOW,
    };
    committed!(store, |unit| for house in [&house, &other] {
        unit.consents().put(&consent(house)).await.unwrap();
    });
    let mut turns = 0;
    while committed!(store, |unit| unit
        .clients()
        .strip(realm, id, 3)
        .await
        .unwrap())
        > 0
    {
        turns += 1;
        assert!(turns < 10, "it never ends");
    }
    let found = seen!(store, |view| view.clients().find(realm, id).await.unwrap());
    assert_eq!(found, Some(house.client));
    let kept = seen!(store, |view| view
        .grants()
        .find(other.realm(), other.grant.id)
        .await
        .unwrap());
    assert_eq!(kept, Some(other.grant.clone()));
    let kept = seen!(store, |view| view
        .consents()
        .find(other.realm(), other.user.id, other.client.id)
        .await
        .unwrap());
    assert_eq!(kept, Some(consent(&other)));
    assert!(committed!(store, |unit| unit
        .clients()
        .remove(realm, id)
        .await
        .unwrap()));
}

/// A prefix means its own characters.
pub async fn a_prefix_of_client_ids_is_taken_literally(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    for text in ["a%b", "a_b", "axb", r"a\b", "A%b"] {
        let client_id = ClientId::parse(text).unwrap();
        let client = Client {
            client_id,
            ..samples::client(house.realm())
        };
        committed!(store, |unit| unit.clients().insert(&client).await.unwrap());
    }
    for (prefix, expected) in [("a%", "a%b"), ("a_", "a_b"), (r"a\", r"a\b"), ("A", "A%b")] {
        let filter = ClientFilter {
            client_id_prefix: Some(prefix.to_owned()),
            ..ClientFilter::default()
        };
        let page = PageRequest::first(10);
        let found = seen!(store, |view| view
            .clients()
            .list(house.realm(), &filter, page)
            .await
            .unwrap());
        let found: Vec<&str> = found
            .items
            .iter()
            .map(|client| client.client_id.as_str())
            .collect();
        assert_eq!(found, [expected], "{prefix}");
    }
}

/// Allowed are the origins that enabled clients of the realm name, and those of their
/// redirect URIs.
pub async fn origins_of_enabled_clients_are_allowed(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let with = |realm, origin: &str, redirect: &str, status| Client {
        allowed_origins: BTreeSet::from([Origin::parse(origin).unwrap()]),
        redirect_uris: vec![RedirectUri::parse(redirect).unwrap()],
        status,
        ..samples::client(realm)
    };
    let (on, off) = (ClientStatus::Enabled, ClientStatus::Disabled { since: NOW });
    let realm = house.realm();
    committed!(store, |unit| for client in [
        with(
            realm,
            "https://spa.example:8443",
            "https://app.example/cb",
            on
        ),
        with(realm, "https://app.example", "com.example.app:/cb", on),
        with(
            realm,
            "https://off.example",
            "https://off-too.example/cb",
            off
        ),
        with(
            other.realm(),
            "https://other.example",
            "https://other.example/cb",
            on
        ),
    ] {
        unit.clients().insert(&client).await.unwrap();
    });
    let origins = seen!(store, |view| view
        .clients()
        .allowed_origins(realm)
        .await
        .unwrap());
    let origins: BTreeSet<&str> = origins.iter().map(Origin::as_str).collect();
    assert_eq!(
        origins,
        BTreeSet::from(["https://app.example", "https://spa.example:8443"])
    );
}

/// Removing a client removes what was given to it, and nothing else.
pub async fn removing_a_client_removes_what_it_was_given(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let neighbour = samples::client(realm);
    committed!(store, |unit| unit
        .clients()
        .insert(&neighbour)
        .await
        .unwrap());
    let mut given = Vec::new();
    for client in [house.client.id, neighbour.id] {
        let grant = samples::grant(realm, client, house.subject());
        let family = samples::family(&grant);
        let ticket = samples::full_ticket(&grant, house.session.id);
        committed!(store, |unit| {
            unit.grants().insert(&grant).await.unwrap();
            unit.families().insert(&family).await.unwrap();
            unit.tickets().issue(&ticket).await.unwrap();
            unit.consents()
                .put(&Consent {
                    realm,
                    user,
                    client,
                    scopes: ScopeSet::empty(),
                    created_at: NOW,
                    updated_at: NOW,
                })
                .await
                .unwrap();
        });
        given.push((client, grant.id, family.id, samples::ticket_key(&ticket)));
    }
    let removed = committed!(store, |unit| unit
        .clients()
        .remove(realm, house.client.id)
        .await
        .unwrap());
    assert!(removed);
    for ((client, grant, family, ticket), there) in given.into_iter().zip([false, true]) {
        let mut view = store.read().await.unwrap();
        assert_eq!(
            view.clients().find(realm, client).await.unwrap().is_some(),
            there
        );
        assert_eq!(
            view.grants().find(realm, grant).await.unwrap().is_some(),
            there
        );
        assert_eq!(
            view.families().find(realm, family).await.unwrap().is_some(),
            there
        );
        assert_eq!(view.tickets().peek(ticket).await.unwrap().is_some(), there);
        assert_eq!(
            view.consents()
                .find(realm, user, client)
                .await
                .unwrap()
                .is_some(),
            there
        );
    }
    let (user, session) = seen!(store, |view| (
        view.users().find(realm, user).await.unwrap(),
        view.sessions().find(realm, house.session.id).await.unwrap(),
    ));
    assert!(user.is_some() && session.is_some());
    let again = committed!(store, |unit| unit
        .clients()
        .remove(realm, house.client.id)
        .await
        .unwrap());
    assert!(!again);
}
