//! Realms: found by id and slug, changed by revision, removed in batches.

use std::sync::Arc;

use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::revocation::RevokedThing;
use gatelodge_domain::ticket::TicketKind;
use gatelodge_domain::{
    Consent, Id, Realm, RealmDocument, RealmSlug, Revision, Revocation, ScopeSet, Subject,
};
use gatelodge_ports::store::{
    ClientFilter, Duplicate, GrantFilter, Message, PageRequest, SessionFilter, Swept, UserFilter,
};
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::paging::{shuffled, walked};
use crate::samples::{self, NOW, at};

/// A plain and a full realm come back as they went in, by either road.
pub async fn realms_come_back_whole(store: Arc<dyn Store>) {
    for realm in [samples::realm(), samples::full_realm()] {
        committed!(store, |unit| unit.realms().insert(&realm).await.unwrap());
        let by_id = seen!(store, |view| view.realms().find(realm.id).await.unwrap());
        let by_slug = seen!(store, |view| view
            .realms()
            .find_by_slug(&realm.slug)
            .await
            .unwrap());
        assert_eq!(by_id.as_ref(), Some(&realm));
        assert_eq!(by_slug, Some(realm));
    }
    let unknown = RealmSlug::parse("unknown").unwrap();
    let found = seen!(store, |view| view
        .realms()
        .find_by_slug(&unknown)
        .await
        .unwrap());
    assert_eq!(found, None);
}

/// A slug is given once.
pub async fn a_taken_slug_is_a_duplicate(store: Arc<dyn Store>) {
    let first = samples::realm();
    committed!(store, |unit| unit.realms().insert(&first).await.unwrap());
    let second = Realm {
        slug: first.slug.clone(),
        ..samples::realm()
    };
    let mut unit = store.write().await.unwrap();
    let answer = unit.realms().insert(&second).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::RealmSlug)));
}

/// An update writes what may change, keeps what may not, and counts the revision up.
pub async fn a_realm_changes_but_for_id_slug_and_birth(store: Arc<dyn Store>) {
    let realm = samples::realm();
    committed!(store, |unit| unit.realms().insert(&realm).await.unwrap());
    let asked = Realm {
        id: realm.id,
        ..samples::full_realm()
    };
    let updated = committed!(store, |unit| unit.realms().update(&asked).await.unwrap());
    let expected = Realm {
        slug: realm.slug.clone(),
        created_at: realm.created_at,
        revision: Revision(2),
        ..asked.clone()
    };
    assert_eq!(updated, expected);
    let found = seen!(store, |view| view.realms().find(realm.id).await.unwrap());
    assert_eq!(found.as_ref(), Some(&expected));
    let old = seen!(store, |view| view
        .realms()
        .find_by_slug(&asked.slug)
        .await
        .unwrap());
    assert_eq!(old, None);
}

/// Whoever read an older revision, or nothing, is refused.
pub async fn a_stale_realm_is_refused(store: Arc<dyn Store>) {
    let realm = samples::realm();
    committed!(store, |unit| unit.realms().insert(&realm).await.unwrap());
    committed!(store, |unit| unit.realms().update(&realm).await.unwrap());
    let mut unit = store.write().await.unwrap();
    assert_is!(unit.realms().update(&realm).await, Err(StoreError::Stale));
    drop(unit);
    let mut unit = store.write().await.unwrap();
    assert_is!(
        unit.realms().update(&samples::realm()).await,
        Err(StoreError::Stale)
    );
}

/// Pages of realms are ordered by id, whatever the order of their making.
pub async fn realms_are_paged_by_id(store: Arc<dyn Store>) {
    let realms: Vec<Realm> = (0..12).map(|_| samples::realm()).collect();
    let expected: Vec<Id<Realm>> = realms.iter().map(|realm| realm.id).collect();
    committed!(store, |unit| for realm in shuffled(realms) {
        unit.realms().insert(&realm).await.unwrap();
    });
    for limit in [1, 5, 12, 50] {
        let ids = walked!(store, limit, |view, page| view.realms().list(page));
        assert_eq!(ids, expected, "in pages of {limit}");
    }
}

/// Puts one of everything into a realm, and twenty people.
async fn furnish(store: &Arc<dyn Store>) -> House {
    let house = House::build(store).await;
    let (realm, user, client) = (house.realm(), house.user.id, house.client.id);
    let (role, group) = (samples::role(realm), samples::group(realm));
    let ticket = samples::full_ticket(&house.grant, house.session.id);
    let message = Message {
        id: samples::id(),
        realm,
        channel: "mail".to_owned(),
        payload: vec![1],
        attempts: 0,
        due_at: NOW,
    };
    let document = RealmDocument {
        realm,
        kind: DocumentKind::Theme,
        name: String::new(),
        body: "{}".to_owned(),
        revision: Revision::FIRST,
        updated_at: NOW,
    };
    let consent = Consent {
        realm,
        user,
        client,
        scopes: ScopeSet::empty(),
        created_at: NOW,
        updated_at: NOW,
    };
    let revocation = Revocation {
        realm,
        thing: RevokedThing::Grant(house.grant.id),
        until: at(60_000),
    };
    committed!(store, |unit| {
        unit.passwords()
            .put(&samples::password(realm, user))
            .await
            .unwrap();
        unit.subject_keys().insert(realm, user, &[7]).await.unwrap();
        unit.keys()
            .insert(&samples::signing_key(realm))
            .await
            .unwrap();
        unit.roles().insert(&role).await.unwrap();
        unit.roles().insert_group(&group).await.unwrap();
        unit.roles()
            .assign(realm, role.id, Subject::User(user))
            .await
            .unwrap();
        unit.roles()
            .assign_to_group(realm, role.id, group.id)
            .await
            .unwrap();
        unit.roles().join(realm, group.id, user).await.unwrap();
        unit.consents().put(&consent).await.unwrap();
        unit.tickets().issue(&ticket).await.unwrap();
        unit.families()
            .insert(&samples::family(&house.grant))
            .await
            .unwrap();
        unit.revocations().add(revocation).await.unwrap();
        unit.outbox().enqueue(&message).await.unwrap();
        unit.documents().put(&document, None).await.unwrap();
        for _ in 0..20 {
            unit.users()
                .insert(&samples::full_user(realm))
                .await
                .unwrap();
        }
    });
    house
}

/// Sweeping a realm takes several short turns, ends with `Done`, leaves nothing of it and
/// touches no other realm. The realm's row goes last.
pub async fn a_realm_is_swept_in_batches_and_no_other(store: Arc<dyn Store>) {
    let (gone, stays) = (furnish(&store).await, furnish(&store).await);
    let mut turns = 0;
    loop {
        turns += 1;
        assert!(turns < 50, "sweeping does not end");
        let swept = committed!(store, |unit| unit
            .realms()
            .sweep(gone.realm(), 7)
            .await
            .unwrap());
        let row = seen!(store, |view| view
            .realms()
            .find(gone.realm())
            .await
            .unwrap());
        match swept {
            Swept::More => assert!(row.is_some(), "the realm's row goes last"),
            Swept::Done => {
                assert_eq!(row, None);
                break;
            }
        }
    }
    assert!(
        turns >= 5,
        "thirty rows in batches of seven took {turns} turns"
    );
    assert_eq!(contents(&store, &gone).await, [0; 13]);
    assert_eq!(
        contents(&store, &stays).await,
        [21, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    );
    let again = committed!(store, |unit| unit
        .realms()
        .sweep(gone.realm(), 7)
        .await
        .unwrap());
    assert_eq!(again, Swept::Done);
    let reborn = Realm {
        slug: gone.realm.slug.clone(),
        ..samples::realm()
    };
    committed!(store, |unit| unit.realms().insert(&reborn).await.unwrap());
}

/// How many of each a realm has.
async fn contents(store: &Arc<dyn Store>, house: &House) -> [usize; 13] {
    let (realm, user, client) = (house.realm(), house.user.id, house.client.id);
    let kind = TicketKind::BackchannelAuthentication;
    seen!(store, |view| {
        let users = view
            .users()
            .list(realm, &UserFilter::default(), PageRequest::first(100))
            .await
            .unwrap();
        let clients = view
            .clients()
            .list(realm, &ClientFilter::default(), PageRequest::first(100))
            .await
            .unwrap();
        let sessions = view
            .sessions()
            .list(realm, SessionFilter::default(), PageRequest::first(100))
            .await
            .unwrap();
        let grants = view
            .grants()
            .list(realm, GrantFilter::default(), PageRequest::first(100))
            .await
            .unwrap();
        let roles = view
            .roles()
            .list(realm, PageRequest::first(100))
            .await
            .unwrap();
        let revocations = view.revocations().list(NOW).await.unwrap();
        [
            users.items.len(),
            clients.items.len(),
            sessions.items.len(),
            grants.items.len(),
            roles.items.len(),
            view.roles().groups_of(realm, user).await.unwrap().len(),
            view.keys().list(realm).await.unwrap().len(),
            usize::from(view.passwords().find(realm, user).await.unwrap().is_some()),
            usize::from(
                view.subject_keys()
                    .find(realm, user)
                    .await
                    .unwrap()
                    .is_some(),
            ),
            usize::from(
                view.consents()
                    .find(realm, user, client)
                    .await
                    .unwrap()
                    .is_some(),
            ),
            usize::try_from(
                view.tickets()
                    .count(realm, kind, house.subject(), NOW)
                    .await
                    .unwrap(),
            )
            .unwrap(),
            revocations
                .iter()
                .filter(|revocation| revocation.realm == realm)
                .count(),
            view.documents()
                .list(realm, DocumentKind::Theme)
                .await
                .unwrap()
                .len(),
        ]
    })
}
