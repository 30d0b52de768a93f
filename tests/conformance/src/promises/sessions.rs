//! Browser sign-ins.

use std::sync::Arc;

use gatelodge_domain::{Id, Revision, Session};
use gatelodge_ports::store::SessionFilter;
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::paging::{shuffled, walked};
use crate::samples::{self, NOW, at};

/// A plain and a full session come back as they went in, by either road, and from no other
/// realm.
pub async fn sessions_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    for session in [
        samples::session(realm, user),
        samples::full_session(realm, user),
    ] {
        committed!(store, |unit| unit
            .sessions()
            .insert(&session)
            .await
            .unwrap());
        for (realm, expected) in [(realm, Some(&session)), (other.realm(), None)] {
            let mut view = store.read().await.unwrap();
            let by_id = view.sessions().find(realm, session.id).await.unwrap();
            assert_eq!(by_id.as_ref(), expected);
            let by_secret = view
                .sessions()
                .find_by_secret(realm, &session.secret)
                .await
                .unwrap();
            assert_eq!(by_secret.as_ref(), expected);
        }
    }
}

/// An update renews the secret, so that the old cookie opens nothing, writes what may change
/// and keeps the rest.
pub async fn an_update_renews_the_secret(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let was = &house.session;
    let full = samples::full_session(house.realm(), house.user.id);
    let asked = Session {
        id: was.id,
        ..full.clone()
    };
    let updated = committed!(store, |unit| unit.sessions().update(&asked).await.unwrap());
    let expected = Session {
        secret: full.secret,
        authentication: full.authentication,
        persistence: full.persistence,
        seen_at: full.seen_at,
        expires_at: full.expires_at,
        revision: Revision(2),
        ..was.clone()
    };
    assert_eq!(updated, expected);
    let (by_old, by_new) = seen!(store, |view| (
        view.sessions()
            .find_by_secret(house.realm(), &was.secret)
            .await
            .unwrap(),
        view.sessions()
            .find_by_secret(house.realm(), &full.secret)
            .await
            .unwrap(),
    ));
    assert_eq!((by_old, by_new), (None, Some(expected)));
}

/// Whoever read an older revision is refused, and so is every change of a session that ended.
pub async fn a_stale_or_ended_session_is_refused(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let updated = committed!(store, |unit| unit
        .sessions()
        .update(&house.session)
        .await
        .unwrap());
    let mut unit = store.write().await.unwrap();
    assert_is!(
        unit.sessions().update(&house.session).await,
        Err(StoreError::Stale)
    );
    drop(unit);
    committed!(store, |unit| unit
        .sessions()
        .end(realm, updated.id, at(1))
        .await
        .unwrap());
    let now = seen!(store, |view| view
        .sessions()
        .find(realm, updated.id)
        .await
        .unwrap())
    .unwrap();
    for revision in [updated.revision, now.revision] {
        let mut unit = store.write().await.unwrap();
        let again = Session {
            revision,
            ..updated.clone()
        };
        assert_is!(unit.sessions().update(&again).await, Err(StoreError::Stale));
    }
}

/// A touch notes the use and conflicts with nobody.
pub async fn a_touch_conflicts_with_nobody(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, id) = (house.realm(), house.session.id);
    committed!(store, |unit| unit
        .sessions()
        .touch(realm, id, at(5_000))
        .await
        .unwrap());
    let found = seen!(store, |view| view.sessions().find(realm, id).await.unwrap());
    assert_eq!(
        found,
        Some(Session {
            seen_at: at(5_000),
            ..house.session.clone()
        })
    );
    committed!(store, |unit| {
        unit.sessions().update(&house.session).await.unwrap();
        unit.sessions()
            .touch(realm, samples::id(), at(1))
            .await
            .unwrap();
    });
}

/// Of listed sessions end those that have not ended; others, and those of another realm, stay.
pub async fn listed_sessions_end_and_no_others(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    let (second, kept) = (samples::session(realm, user), samples::session(realm, user));
    committed!(store, |unit| for session in [&second, &kept] {
        unit.sessions().insert(session).await.unwrap();
    });
    let ids = [house.session.id, second.id, samples::id()];
    for (realm, ids, expected) in [
        (other.realm(), &ids[..], 0),
        (realm, &[], 0),
        (realm, &ids, 2),
        (realm, &ids, 0),
    ] {
        let ended = committed!(store, |unit| unit
            .sessions()
            .end_these(realm, ids, at(5))
            .await
            .unwrap());
        assert_eq!(ended, expected);
    }
    for (id, end) in [(second.id, Some(at(5))), (kept.id, None)] {
        let found = seen!(store, |view| view.sessions().find(realm, id).await.unwrap());
        assert_eq!(found.unwrap().ended_at, end);
    }
}

/// A session ends once, and in its own realm only.
pub async fn a_session_ends_once(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let id = house.session.id;
    for (realm, expected) in [
        (other.realm(), false),
        (house.realm(), true),
        (house.realm(), false),
    ] {
        let ended = committed!(store, |unit| unit
            .sessions()
            .end(realm, id, at(7))
            .await
            .unwrap());
        assert_eq!(ended, expected);
    }
    let found = seen!(store, |view| view
        .sessions()
        .find(house.realm(), id)
        .await
        .unwrap());
    assert_eq!(found.unwrap().ended_at, Some(at(7)));
}

/// Ending all of a person's sessions ends those that had not ended, tells which, and leaves
/// everybody else's alone.
pub async fn all_sessions_of_a_person_end(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let neighbour = house.another_user(&store).await;
    let (second, theirs) = (
        samples::session(realm, house.user.id),
        samples::session(realm, neighbour.id),
    );
    let over = samples::full_session(realm, house.user.id);
    committed!(store, |unit| for session in [&over, &second, &theirs] {
        unit.sessions().insert(session).await.unwrap();
    });
    let mut ended = committed!(store, |unit| {
        unit.sessions()
            .end_all_of(realm, house.user.id, None, at(9))
            .await
            .unwrap()
    });
    ended.sort_unstable();
    assert_eq!(ended, [house.session.id, second.id]);
    let mut view = store.read().await.unwrap();
    for (id, expected) in [
        (second.id, Some(at(9))),
        (over.id, over.ended_at),
        (theirs.id, None),
    ] {
        let found = view.sessions().find(realm, id).await.unwrap();
        assert_eq!(found.unwrap().ended_at, expected);
    }
}

/// One session can be kept, and only that one.
pub async fn all_but_one_session_of_a_person_end(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let second = samples::session(realm, user);
    committed!(store, |unit| unit.sessions().insert(&second).await.unwrap());
    let ended = committed!(store, |unit| unit
        .sessions()
        .end_all_of(realm, user, Some(second.id), at(9))
        .await
        .unwrap());
    assert_eq!(ended, [house.session.id]);
    let kept = seen!(store, |view| view
        .sessions()
        .find(realm, second.id)
        .await
        .unwrap());
    assert_eq!(kept.unwrap().ended_at, None);
}

/// Lists are paged by id; a person's and live ones can be picked, and at its very end a
/// session is not live any more.
pub async fn sessions_are_paged_by_id_and_filtered(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let neighbour = house.another_user(&store).await;
    let short = Session {
        expires_at: at(100),
        ..samples::session(realm, user)
    };
    let over = samples::full_session(realm, user);
    let theirs: Vec<Session> = (0..7)
        .map(|_| samples::session(realm, neighbour.id))
        .collect();
    let ids = |sessions: &[Session]| -> Vec<Id<Session>> {
        sessions.iter().map(|session| session.id).collect()
    };
    committed!(store, |unit| {
        for session in shuffled(theirs.clone()) {
            unit.sessions().insert(&session).await.unwrap();
        }
        unit.sessions().insert(&over).await.unwrap();
        unit.sessions().insert(&short).await.unwrap();
    });
    let filter = |user, live_at| SessionFilter { user, live_at };
    let mine = house.session.id;
    let cases = [
        (filter(Some(neighbour.id), None), ids(&theirs)),
        (filter(Some(user), None), vec![mine, short.id, over.id]),
        (filter(Some(user), Some(NOW)), vec![mine, short.id]),
        (filter(Some(user), Some(at(99))), vec![mine, short.id]),
        (filter(Some(user), Some(at(100))), vec![mine]),
        (
            filter(None, Some(at(100))),
            [vec![mine], ids(&theirs)].concat(),
        ),
    ];
    for (filter, expected) in cases {
        let found = walked!(store, 2, |view, page| view
            .sessions()
            .list(realm, filter, page));
        assert_eq!(found, expected, "{filter:?}");
    }
}

/// Sweeping removes what ended or expired before then, at most so many, and nothing that
/// lives.
pub async fn sessions_are_swept_within_the_limit(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let expired: Vec<Session> = (0..5)
        .map(|_| Session {
            expires_at: at(10),
            ..samples::session(realm, user)
        })
        .collect();
    let ended = samples::full_session(realm, user);
    committed!(
        store,
        |unit| for session in expired.iter().chain([&ended]) {
            unit.sessions().insert(session).await.unwrap();
        }
    );
    for (before, limit, expected) in [
        (at(10), 100, 0),
        (at(11), 3, 3),
        (at(11), 3, 2),
        (at(44), 9, 0),
        (at(45), 9, 1),
    ] {
        let swept = committed!(store, |unit| unit
            .sessions()
            .sweep(before, limit)
            .await
            .unwrap());
        assert_eq!(swept, expected);
    }
    let all = SessionFilter::default();
    let left = walked!(store, 9, |view, page| view
        .sessions()
        .list(realm, all, page));
    assert_eq!(left, [house.session.id]);
}
