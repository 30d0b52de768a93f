//! Authorizations and remembered answers.

use std::sync::Arc;

use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{Consent, Grant, Id, ScopeSet, Session, Subject, Ticket};
use gatelodge_ports::Store;
use gatelodge_ports::store::GrantFilter;

use crate::fixture::{House, committed, seen};
use crate::paging::{shuffled, walked};
use crate::samples::{self, NOW, at};

/// A plain and a full grant, and one of every kind of subject, come back as they went in, and
/// from no other realm.
pub async fn grants_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, client) = (house.realm(), house.client.id);
    let grants = [
        samples::grant(realm, client, house.subject()),
        samples::full_grant(realm, client, house.subject(), house.session.id),
        samples::grant(realm, client, Subject::Client(client)),
        samples::grant(realm, client, Subject::Workload(samples::id())),
        samples::grant(realm, client, Subject::Agent(samples::id())),
    ];
    for grant in grants {
        committed!(store, |unit| unit.grants().insert(&grant).await.unwrap());
        let (found, foreign) = seen!(store, |view| (
            view.grants().find(realm, grant.id).await.unwrap(),
            view.grants().find(other.realm(), grant.id).await.unwrap(),
        ));
        assert_eq!((found, foreign), (Some(grant), None));
    }
}

/// Lists are paged by id and past 50 rows; conditions hold together; at its very end a grant
/// is not live any more.
pub async fn grants_are_paged_by_id_and_filtered(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user, client) = (house.realm(), house.user.id, house.client.id);
    let mine = house.grant.id;
    let short = Grant {
        expires_at: at(100),
        ..samples::grant(realm, client, house.subject())
    };
    let over = samples::full_grant(realm, client, house.subject(), house.session.id);
    let machine = samples::grant(realm, client, Subject::Client(client));
    // A workload with the person's number is not the person.
    let namesake = Subject::from_parts("workload", user.as_u128()).unwrap();
    let namesake = samples::grant(realm, client, namesake);
    let many: Vec<Grant> = (0..60)
        .map(|_| samples::grant(realm, client, Subject::Client(client)))
        .collect();
    committed!(store, |unit| {
        for grant in shuffled(many.clone()) {
            unit.grants().insert(&grant).await.unwrap();
        }
        for grant in [&namesake, &machine, &over, &short] {
            unit.grants().insert(grant).await.unwrap();
        }
    });
    let many: Vec<Id<Grant>> = many.iter().map(|grant| grant.id).collect();
    let none = GrantFilter::default();
    let session = Some(house.session.id);
    let of_user = GrantFilter {
        user: Some(user),
        ..none
    };
    let cases = [
        (of_user, vec![mine, short.id, over.id]),
        (
            GrantFilter {
                live_at: Some(at(99)),
                ..of_user
            },
            vec![mine, short.id],
        ),
        (
            GrantFilter {
                live_at: Some(at(100)),
                ..of_user
            },
            vec![mine],
        ),
        (GrantFilter { session, ..none }, vec![mine, over.id]),
        (
            GrantFilter {
                session,
                live_at: Some(NOW),
                ..of_user
            },
            vec![mine],
        ),
        (
            GrantFilter {
                client: Some(samples::id()),
                ..none
            },
            Vec::new(),
        ),
        (
            GrantFilter {
                client: Some(client),
                ..none
            },
            [vec![mine, short.id, over.id, machine.id, namesake.id], many].concat(),
        ),
    ];
    for (filter, expected) in cases {
        for limit in [2, 50] {
            let ids = walked!(store, limit, |view, page| view
                .grants()
                .list(realm, filter, page));
            assert_eq!(ids, expected, "{filter:?}");
        }
    }
}

/// A grant ends once, and in its own realm only.
pub async fn a_grant_ends_once(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let id = house.grant.id;
    for (realm, expected) in [
        (other.realm(), false),
        (house.realm(), true),
        (house.realm(), false),
    ] {
        let ended = committed!(store, |unit| unit
            .grants()
            .end(realm, id, at(3))
            .await
            .unwrap());
        assert_eq!(ended, expected);
    }
    let found = seen!(store, |view| view
        .grants()
        .find(house.realm(), id)
        .await
        .unwrap());
    assert_eq!(
        found,
        Some(Grant {
            ended_at: Some(at(3)),
            ..house.grant
        })
    );
}

/// All that match end, and nothing else; without a condition nothing ends.
pub async fn matching_grants_end_and_no_others(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, client) = (house.realm(), house.client.id);
    let elsewhere = samples::session(realm, house.user.id);
    let kept = Grant {
        session: Some(elsewhere.id),
        ..samples::grant(realm, client, house.subject())
    };
    let second = Grant {
        session: Some(house.session.id),
        ..samples::grant(realm, client, house.subject())
    };
    let over = samples::full_grant(realm, client, house.subject(), house.session.id);
    committed!(store, |unit| {
        unit.sessions().insert(&elsewhere).await.unwrap();
        for grant in [&kept, &second, &over] {
            unit.grants().insert(grant).await.unwrap();
        }
    });
    let of_session = |session: Id<Session>| GrantFilter {
        user: Some(house.user.id),
        session: Some(session),
        ..GrantFilter::default()
    };
    for (realm, filter, expected) in [
        (realm, GrantFilter::default(), Vec::new()),
        (other.realm(), of_session(house.session.id), Vec::new()),
        (
            realm,
            of_session(house.session.id),
            vec![house.grant.id, second.id],
        ),
        (realm, of_session(house.session.id), Vec::new()),
    ] {
        let mut ended = committed!(store, |unit| {
            unit.grants()
                .end_matching(realm, filter, at(5))
                .await
                .unwrap()
        });
        ended.sort_unstable();
        assert_eq!(ended, expected);
    }
    let mut view = store.read().await.unwrap();
    for (id, expected) in [
        (kept.id, None),
        (over.id, over.ended_at),
        (second.id, Some(at(5))),
    ] {
        let found = view.grants().find(realm, id).await.unwrap();
        assert_eq!(found.unwrap().ended_at, expected);
    }
    assert_eq!(
        view.grants()
            .find(other.realm(), other.grant.id)
            .await
            .unwrap(),
        Some(other.grant)
    );
}

/// Of listed grants end those that have not ended, with all their families and unused tickets;
/// others, and those of another realm, stay.
pub async fn listed_grants_end_with_their_families_and_codes(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, client) = (house.realm(), house.client.id);
    let second = samples::grant(realm, client, house.subject());
    let kept = samples::grant(realm, client, house.subject());
    let grants = [&house.grant, &second, &kept];
    let families = grants.map(samples::family);
    let codes = grants.map(|grant| Ticket {
        grant: Some(grant.id),
        ..samples::ticket(realm, TicketKind::AuthorizationCode)
    });
    committed!(store, |unit| {
        unit.grants().insert(&second).await.unwrap();
        unit.grants().insert(&kept).await.unwrap();
        for (family, code) in families.iter().zip(&codes) {
            unit.families().insert(family).await.unwrap();
            unit.tickets().issue(code).await.unwrap();
        }
    });
    let ids = [house.grant.id, second.id, samples::id()];
    for (realm, expected) in [(other.realm(), 0), (realm, 2), (realm, 0)] {
        let ended = committed!(store, |unit| (
            unit.grants().end_these(realm, &ids, at(5)).await.unwrap(),
            unit.families()
                .end_of_grants(realm, &ids, at(5))
                .await
                .unwrap(),
            unit.tickets().revoke_grants(realm, &ids).await.unwrap(),
        ));
        assert_eq!(ended, (expected, expected, expected));
        let none = committed!(store, |unit| (
            unit.grants().end_these(realm, &[], at(5)).await.unwrap(),
            unit.families()
                .end_of_grants(realm, &[], at(5))
                .await
                .unwrap(),
            unit.tickets().revoke_grants(realm, &[]).await.unwrap(),
        ));
        assert_eq!(none, (0, 0, 0));
    }
    let mut view = store.read().await.unwrap();
    for ((grant, family), code) in grants.iter().zip(&families).zip(&codes) {
        let over = grant.id != kept.id;
        let end = over.then(|| at(5));
        let found = view.grants().find(realm, grant.id).await.unwrap();
        assert_eq!(found.unwrap().ended_at, end);
        let found = view.families().find(realm, family.id).await.unwrap();
        assert_eq!(found.unwrap().ended_at, end);
        let found = view
            .tickets()
            .peek(samples::ticket_key(code))
            .await
            .unwrap();
        assert_eq!(found.is_none(), over);
    }
}

/// A grant's end moves later and never earlier.
pub async fn a_grant_is_extended_and_never_cut(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, id, end) = (house.realm(), house.grant.id, house.grant.expires_at);
    let later = samples::at(9_000_000);
    for (until, expected) in [(at(1), end), (later, later), (end, later)] {
        committed!(store, |unit| unit
            .grants()
            .extend(realm, id, until)
            .await
            .unwrap());
        let found = seen!(store, |view| view.grants().find(realm, id).await.unwrap());
        assert_eq!(found.unwrap().expires_at, expected);
    }
}

/// Sweeping removes what ended or expired before then, at most so many; an extended grant
/// stays.
pub async fn grants_are_swept_within_the_limit(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, client) = (house.realm(), house.client.id);
    let expired: Vec<Grant> = (0..5)
        .map(|_| Grant {
            expires_at: at(10),
            ..samples::grant(realm, client, house.subject())
        })
        .collect();
    let over = samples::full_grant(realm, client, house.subject(), house.session.id);
    committed!(store, |unit| {
        for grant in expired.iter().chain([&over]) {
            unit.grants().insert(grant).await.unwrap();
        }
        unit.grants()
            .extend(realm, expired[4].id, at(50))
            .await
            .unwrap();
    });
    for (before, limit, expected) in [
        (at(10), 100, 0),
        (at(11), 3, 3),
        (at(11), 3, 1),
        (at(13), 9, 1),
        (at(51), 9, 1),
    ] {
        let swept = committed!(store, |unit| unit
            .grants()
            .sweep(before, limit)
            .await
            .unwrap());
        assert_eq!(swept, expected, "before {before:?}");
    }
    let all = GrantFilter::default();
    let left = walked!(store, 9, |view, page| view.grants().list(realm, all, page));
    assert_eq!(left, [house.grant.id]);
}

/// A person's answer to a client is remembered, replaced and forgotten, in its realm only;
/// all of a person's are listed by client id.
pub async fn consents_are_remembered_replaced_and_forgotten(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    let second = samples::client(realm);
    let consent = |client, scopes: &str, updated_at| Consent {
        realm,
        user,
        client,
        scopes: ScopeSet::parse(scopes).unwrap(),
        created_at: NOW,
        updated_at,
    };
    let first = consent(house.client.id, "openid email", at(1));
    let other_client = consent(second.id, "", at(2));
    committed!(store, |unit| {
        unit.clients().insert(&second).await.unwrap();
        unit.consents().put(&other_client).await.unwrap();
        unit.consents().put(&first).await.unwrap();
    });
    let (listed, foreign) = seen!(store, |view| (
        view.consents().list_of(realm, user).await.unwrap(),
        view.consents().list_of(other.realm(), user).await.unwrap(),
    ));
    assert_eq!(
        (listed, foreign),
        (vec![first.clone(), other_client.clone()], Vec::new())
    );
    let wider = consent(house.client.id, "openid email profile", at(3));
    committed!(store, |unit| unit.consents().put(&wider).await.unwrap());
    let found = seen!(store, |view| view
        .consents()
        .find(realm, user, first.client)
        .await
        .unwrap());
    assert_eq!(found, Some(wider));
    for (realm, expected) in [(other.realm(), false), (realm, true), (realm, false)] {
        let removed = committed!(store, |unit| {
            unit.consents()
                .remove(realm, user, first.client)
                .await
                .unwrap()
        });
        assert_eq!(removed, expected);
    }
    let listed = seen!(store, |view| view
        .consents()
        .list_of(realm, user)
        .await
        .unwrap());
    assert_eq!(listed, [other_client]);
}
