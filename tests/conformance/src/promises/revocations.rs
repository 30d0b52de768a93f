//! What makes access tokens void.

use core::time::Duration;
use std::sync::Arc;

use gatelodge_domain::revocation::{RevokedThing, TokenFacts, WatermarkOwner};
use gatelodge_domain::{Id, Realm, Revocation, Timestamp, Watermark};
use gatelodge_ports::Store;

use crate::fixture::{House, committed, seen};
use crate::samples::{self, NOW, at};

/// A token made at [`NOW`] for the house's client, person and session.
fn token(house: &House) -> TokenFacts {
    TokenFacts {
        realm: house.realm(),
        token: Id::new(NOW, [7; 10]),
        grant: Some(house.grant.id),
        session: Some(house.session.id),
        user: Some(house.user.id),
        client: house.client.id,
    }
}

async fn add(store: &Arc<dyn Store>, realm: Id<Realm>, thing: RevokedThing, until: Timestamp) {
    let revocation = Revocation {
        realm,
        thing,
        until,
    };
    committed!(store, |unit| unit
        .revocations()
        .add(revocation)
        .await
        .unwrap());
}

async fn raise(
    store: &Arc<dyn Store>,
    realm: Id<Realm>,
    owner: WatermarkOwner,
    not_before: Timestamp,
) {
    let watermark = Watermark {
        realm,
        owner,
        not_before,
    };
    committed!(store, |unit| unit
        .revocations()
        .raise(watermark)
        .await
        .unwrap());
}

async fn is_revoked(store: &Arc<dyn Store>, token: &TokenFacts, now: Timestamp) -> bool {
    seen!(store, |view| view
        .revocations()
        .is_revoked(token, now)
        .await
        .unwrap())
}

/// An entry for the token, its grant or its session makes it void until the entry's end, in
/// its realm only.
pub async fn an_entry_makes_a_token_void(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let token = token(&house);
    let things = [
        RevokedThing::Token(token.token),
        RevokedThing::Grant(house.grant.id),
        RevokedThing::Session(house.session.id),
    ];
    let mut until = 100;
    for thing in things {
        add(&store, other.realm(), thing, at(10_000)).await;
        let namesake = RevokedThing::from_parts(
            if thing.kind() == "grant" {
                "session"
            } else {
                "grant"
            },
            thing.bits(),
        );
        add(&store, house.realm(), namesake.unwrap(), at(10_000)).await;
        assert!(
            !is_revoked(&store, &token, at(until - 50)).await,
            "{thing:?}"
        );
        add(&store, house.realm(), thing, at(until)).await;
        assert!(is_revoked(&store, &token, at(until - 1)).await, "{thing:?}");
        assert!(!is_revoked(&store, &token, at(until)).await, "{thing:?}");
        until += 100;
    }
    let bare = TokenFacts {
        token: Id::new(NOW, [8; 10]),
        grant: None,
        session: None,
        ..token
    };
    assert!(!is_revoked(&store, &bare, at(1)).await);
}

/// A watermark makes what was made at or before it void, for its owner only.
pub async fn a_watermark_makes_older_tokens_void(store: Arc<dyn Store>) {
    let owners: [fn(&House) -> WatermarkOwner; 3] = [
        |house| WatermarkOwner::User(house.user.id),
        |house| WatermarkOwner::Client(house.client.id),
        |_| WatermarkOwner::Realm,
    ];
    for owner in owners {
        let (house, other) = (House::build(&store).await, House::build(&store).await);
        let token = token(&house);
        raise(&store, other.realm(), owner(&house), at(10_000)).await;
        raise(&store, other.realm(), owner(&other), at(10_000)).await;
        raise(&store, house.realm(), owner(&house), at(-1)).await;
        assert!(
            !is_revoked(&store, &token, at(1)).await,
            "{:?}",
            owner(&house)
        );
        raise(&store, house.realm(), owner(&house), NOW).await;
        assert!(
            is_revoked(&store, &token, at(1)).await,
            "{:?}",
            owner(&house)
        );
        let newer = TokenFacts {
            token: Id::new(at(1), [0; 10]),
            ..token
        };
        assert!(
            !is_revoked(&store, &newer, at(1)).await,
            "{:?}",
            owner(&house)
        );
    }
}

/// A token without a person has no person's watermark.
pub async fn a_persons_watermark_spares_machines(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    raise(
        &store,
        house.realm(),
        WatermarkOwner::User(house.user.id),
        at(100),
    )
    .await;
    let machine = TokenFacts {
        user: None,
        ..token(&house)
    };
    assert!(!is_revoked(&store, &machine, at(1)).await);
    assert!(is_revoked(&store, &token(&house), at(1)).await);
}

/// Entries and watermarks come back as they went in; ends and watermarks only move forward.
pub async fn entries_and_watermarks_only_move_forward(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let things = [
        RevokedThing::Token(samples::id()),
        RevokedThing::Grant(house.grant.id),
        RevokedThing::Session(house.session.id),
    ];
    let owners = [
        WatermarkOwner::User(house.user.id),
        WatermarkOwner::Client(house.client.id),
        WatermarkOwner::Realm,
    ];
    for later in [at(50), at(100), at(70)] {
        for thing in things {
            add(&store, realm, thing, later).await;
        }
        for owner in owners {
            raise(&store, realm, owner, later).await;
        }
    }
    let listed = async |now| {
        let mut entries = seen!(store, |view| view.revocations().list(now).await.unwrap());
        entries.sort_unstable_by_key(|entry| entry.thing);
        entries
    };
    let expected = things.map(|thing| Revocation {
        realm,
        thing,
        until: at(100),
    });
    assert_eq!(listed(at(99)).await, expected);
    assert_eq!(listed(at(100)).await, []);
    let mut watermarks = seen!(store, |view| view
        .revocations()
        .list_watermarks()
        .await
        .unwrap());
    watermarks.sort_unstable_by_key(|watermark| watermark.owner);
    assert_eq!(
        watermarks,
        owners.map(|owner| Watermark {
            realm,
            owner,
            not_before: at(100)
        })
    );
}

/// Sweeping removes entries that are over, and watermarks that are old, at most so many each;
/// `forget` drops a realm's watermarks and no other's.
pub async fn revocations_are_swept_and_watermarks_forgotten(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    for _ in 0..5 {
        add(
            &store,
            house.realm(),
            RevokedThing::Token(samples::id()),
            at(10),
        )
        .await;
    }
    add(
        &store,
        house.realm(),
        RevokedThing::Grant(house.grant.id),
        at(20),
    )
    .await;
    for realm in [house.realm(), other.realm()] {
        raise(&store, realm, WatermarkOwner::Realm, at(10)).await;
        raise(&store, realm, WatermarkOwner::User(samples::id()), at(9)).await;
    }
    let sweep = async |before, limit| {
        committed!(store, |unit| unit
            .revocations()
            .sweep(before, limit)
            .await
            .unwrap())
    };
    let owners = async || {
        let watermarks = seen!(store, |view| view
            .revocations()
            .list_watermarks()
            .await
            .unwrap());
        let mut realms: Vec<Id<Realm>> =
            watermarks.iter().map(|watermark| watermark.realm).collect();
        realms.sort_unstable();
        realms
    };
    assert!(sweep(at(10), 2).await <= 2);
    let mut turns = 0;
    while sweep(at(11), 2).await > 0 {
        turns += 1;
        assert!(turns < 20, "sweeping does not end");
    }
    let left = seen!(store, |view| {
        view.revocations()
            .list(at(0).minus(Duration::from_secs(1)))
            .await
            .unwrap()
    });
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(owners().await.len(), 4);
    let sweep_watermarks = async |before| {
        committed!(store, |unit| unit
            .revocations()
            .sweep_watermarks(before, 1)
            .await
            .unwrap())
    };
    assert_eq!(sweep_watermarks(at(9)).await, 0);
    assert_eq!(sweep_watermarks(at(10)).await, 1);
    assert_eq!(sweep_watermarks(at(10)).await, 1);
    assert_eq!(sweep_watermarks(at(10)).await, 0);
    assert_eq!(owners().await, [house.realm(), other.realm()]);
    committed!(store, |unit| unit
        .revocations()
        .forget(house.realm())
        .await
        .unwrap());
    assert_eq!(owners().await, [other.realm()]);
}
