//! People and their passwords.

use std::sync::Arc;

use gatelodge_domain::user::{SubjectId, UserStatus};
use gatelodge_domain::{
    Consent, Email, Id, PasswordCredential, Revision, ScopeSet, Subject, User, Username,
};
use gatelodge_ports::store::{Duplicate, PageRequest, UserFilter};
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::paging::{shuffled, walked};
use crate::samples::{self, NOW, at};

/// A plain and a full user come back as they went in, by every road, and from no other realm.
pub async fn users_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    for user in [samples::user(house.realm()), samples::full_user(house.realm())] {
        committed!(store, |unit| unit.users().insert(&user).await.unwrap());
        for (realm, expected) in [(house.realm(), Some(&user)), (other.realm(), None)] {
            let mut view = store.read().await.unwrap();
            let users = view.users();
            assert_eq!(users.find(realm, user.id).await.unwrap().as_ref(), expected);
            let by_name = users.find_by_username(realm, user.username.key()).await.unwrap();
            assert_eq!(by_name.as_ref(), expected);
            let by_subject = users.find_by_subject(realm, &user.subject).await.unwrap();
            assert_eq!(by_subject.as_ref(), expected);
            if let Some(email) = &user.email {
                let by_email = users.find_by_email(realm, email.key()).await.unwrap();
                assert_eq!(by_email.as_ref(), expected);
            }
        }
    }
}

/// Every status comes back with its facts, and is found by its name.
pub async fn every_status_of_a_user_comes_back(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let statuses = [
        (UserStatus::Invited, "invited"),
        (UserStatus::Deactivated { since: at(-1) }, "deactivated"),
        (UserStatus::Suspended { until: at(2) }, "suspended"),
        (UserStatus::PendingDeletion { since: at(3) }, "pending_deletion"),
    ];
    for (status, name) in statuses {
        let user = User { status, ..samples::user(house.realm()) };
        committed!(store, |unit| unit.users().insert(&user).await.unwrap());
        let filter = UserFilter { status: Some(name), ..UserFilter::default() };
        let page = PageRequest::first(10);
        let found =
            seen!(store, |view| view.users().list(house.realm(), &filter, page).await.unwrap());
        assert_eq!(found.items, [user], "{name}");
    }
    let filter = UserFilter { status: Some("active"), ..UserFilter::default() };
    let page = PageRequest::first(10);
    let active = seen!(store, |view| view.users().list(house.realm(), &filter, page).await.unwrap());
    assert_eq!(active.items, [house.user]);
}

/// A user name is taken once in a realm, and free in every other.
pub async fn a_taken_username_is_a_duplicate(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let username = Username::parse(&house.user.username.as_str().to_uppercase()).unwrap();
    let taken = User { username: username.clone(), ..samples::user(house.realm()) };
    let mut unit = store.write().await.unwrap();
    let answer = unit.users().insert(&taken).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::Username)));
    drop(unit);
    let neighbour = User { username: username.clone(), ..samples::user(other.realm()) };
    committed!(store, |unit| unit.users().insert(&neighbour).await.unwrap());

    let user = house.another_user(&store).await;
    let mut unit = store.write().await.unwrap();
    let answer = unit.users().update(&User { username, ..user }).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::Username)));
}

/// A mail address is taken once in a realm; any number of people have none.
pub async fn a_taken_email_is_a_duplicate(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let email = Some(Email::parse("Zoë@example.org").unwrap());
    let first = User { email: email.clone(), ..samples::user(house.realm()) };
    let neighbour = User { email: email.clone(), ..samples::user(other.realm()) };
    committed!(store, |unit| {
        unit.users().insert(&first).await.unwrap();
        unit.users().insert(&neighbour).await.unwrap();
    });
    let second = User { email, ..samples::user(house.realm()) };
    let mut unit = store.write().await.unwrap();
    let answer = unit.users().insert(&second).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::Email)));
    drop(unit);
    committed!(store, |unit| {
        unit.users().insert(&User { email: None, ..second }).await.unwrap();
        unit.users().update(&User { email: None, ..first }).await.unwrap();
    });
    let found =
        seen!(store, |view| view.users().find_by_email(house.realm(), "zoë@example.org").await.unwrap());
    assert_eq!(found, None);
}

/// An update writes what may change, keeps what may not, and counts the revision up.
pub async fn a_user_changes_but_for_id_subject_and_birth(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let was = &house.user;
    let asked = User { id: was.id, ..samples::full_user(house.realm()) };
    let updated = committed!(store, |unit| unit.users().update(&asked).await.unwrap());
    let expected = User {
        subject: was.subject.clone(),
        created_at: was.created_at,
        revision: Revision(2),
        ..asked.clone()
    };
    assert_eq!(updated, expected);
    let mut view = store.read().await.unwrap();
    let realm = house.realm();
    assert_eq!(view.users().find(realm, was.id).await.unwrap(), Some(expected.clone()));
    let by_new = view.users().find_by_username(realm, asked.username.key()).await.unwrap();
    assert_eq!(by_new, Some(expected));
    let by_old = view.users().find_by_username(realm, was.username.key()).await.unwrap();
    assert_eq!(by_old, None);
}

/// Whoever read an older revision, or looks in another realm, is refused.
pub async fn a_stale_user_is_refused(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    committed!(store, |unit| unit.users().update(&house.user).await.unwrap());
    let foreign = User { realm: other.realm(), revision: Revision(2), ..house.user.clone() };
    for user in [house.user.clone(), foreign, samples::user(house.realm())] {
        let mut unit = store.write().await.unwrap();
        assert_is!(unit.users().update(&user).await, Err(StoreError::Stale));
    }
}

/// Pages of people are ordered by id, whole past 50 and 200 rows, and what comes meanwhile
/// neither repeats nor hides a row.
pub async fn users_are_paged_by_id(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let users: Vec<User> = (0..210).map(|_| samples::user(realm)).collect();
    let later: Vec<User> = (0..3).map(|_| samples::user(realm)).collect();
    let mut expected: Vec<Id<User>> = users.iter().map(|user| user.id).collect();
    expected.insert(0, house.user.id);
    committed!(store, |unit| for user in shuffled(users) {
        unit.users().insert(&user).await.unwrap();
    });
    let all = UserFilter::default();
    for limit in [50, 200, 211, 500] {
        let ids = walked!(store, limit, |view, page| view.users().list(realm, &all, page));
        assert_eq!(ids, expected, "in pages of {limit}");
    }
    let first =
        seen!(store, |view| view.users().list(realm, &all, PageRequest::first(50)).await.unwrap());
    committed!(store, |unit| {
        unit.users().remove(realm, expected[0]).await.unwrap();
        for user in &later {
            unit.users().insert(user).await.unwrap();
        }
    });
    let next = PageRequest::after(first.items[49].id, 500);
    let rest = seen!(store, |view| view.users().list(realm, &all, next).await.unwrap());
    let rest: Vec<Id<User>> = rest.items.iter().map(|user| user.id).collect();
    expected.extend(later.iter().map(|user| user.id));
    assert_eq!(rest, expected[50..]);
}

/// A prefix means its own characters: `%`, `_` and `\` stand for themselves and case counts.
pub async fn a_prefix_of_user_names_is_taken_literally(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let names = ["ab%c", "ab_c", "abxc", r"ab\c", "ab", "a", "zoë", "zoe", "zz~"];
    let users: Vec<User> = names
        .map(|name| User { username: Username::parse(name).unwrap(), ..samples::user(house.realm()) })
        .into();
    committed!(store, |unit| for user in shuffled(users) {
        unit.users().insert(&user).await.unwrap();
    });
    let cases: [(&str, &[&str]); 11] = [
        ("ab%", &["ab%c"]),
        ("ab_", &["ab_c"]),
        (r"ab\", &[r"ab\c"]),
        ("ab", &["ab%c", "ab_c", "abxc", r"ab\c", "ab"]),
        ("AB", &[]),
        ("%", &[]),
        ("zoë", &["zoë"]),
        ("zoe", &["zoe"]),
        ("zz~", &["zz~"]),
        ("\u{10ffff}", &[]),
        ("ab'; --", &[]),
    ];
    for (prefix, expected) in cases {
        let filter =
            UserFilter { username_prefix: Some(prefix.to_owned()), ..UserFilter::default() };
        let mut found = Vec::new();
        let ids = walked!(store, 2, |view, page| view.users().list(house.realm(), &filter, page));
        for id in ids {
            let user = seen!(store, |view| view.users().find(house.realm(), id).await.unwrap());
            found.push(user.unwrap().username.as_str().to_owned());
        }
        assert_eq!(found, expected, "{prefix}");
    }
}

/// All conditions of a filter hold together.
pub async fn conditions_on_users_hold_together(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let (plain, full) = (samples::user(realm), samples::full_user(realm));
    committed!(store, |unit| {
        unit.users().insert(&plain).await.unwrap();
        unit.users().insert(&full).await.unwrap();
    });
    let email = full.email.as_ref().map(|email| email.key().to_owned());
    let fits = UserFilter {
        username_prefix: Some("zo".to_owned()),
        email_key: email.clone(),
        status: Some("suspended"),
    };
    let cases = [
        (fits.clone(), 1),
        (UserFilter { status: Some("active"), ..fits.clone() }, 0),
        (UserFilter { username_prefix: Some("user".to_owned()), ..fits.clone() }, 0),
        (UserFilter { email_key: Some("nobody@example.org".to_owned()), ..fits }, 0),
        (UserFilter { email_key: email, ..UserFilter::default() }, 1),
    ];
    for (filter, expected) in cases {
        let page = PageRequest::first(10);
        let found = seen!(store, |view| view.users().list(realm, &filter, page).await.unwrap());
        assert_eq!(found.items.len(), expected, "{filter:?}");
    }
}

/// Keys are compared as bytes: neither case nor accents nor ligatures are folded, and order
/// plays no part.
pub async fn keys_are_compared_as_bytes(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let pairs = [("strasse", "straße"), ("resume", "résumé"), ("co-op", "coop")];
    for name in pairs.iter().flat_map(|(one, other)| [one, other]) {
        let username = Username::parse(name).unwrap();
        let user = User { username, ..samples::user(house.realm()) };
        committed!(store, |unit| unit.users().insert(&user).await.unwrap());
    }
    for other in ["STRASSE", "Resume", "re\u{301}sume\u{301}", "co\u{ad}op", "coop ", ""] {
        let found =
            seen!(store, |view| view.users().find_by_username(house.realm(), other).await.unwrap());
        assert_eq!(found, None, "{other:?}");
    }
}

/// Removing a person removes all that is theirs, and nothing of anybody else.
pub async fn removing_a_user_removes_all_theirs(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let realm = house.realm();
    let neighbour = house.another_user(&store).await;
    let (role, group) = (samples::role(realm), samples::group(realm));
    committed!(store, |unit| {
        unit.roles().insert(&role).await.unwrap();
        unit.roles().insert_group(&group).await.unwrap();
    });
    let mut belongings = Vec::new();
    for user in [house.user.id, neighbour.id] {
        let subject = Subject::User(user);
        let session = samples::session(realm, user);
        let grant = samples::grant(realm, house.client.id, subject);
        let family = samples::family(&grant);
        let ticket = samples::full_ticket(&grant, session.id);
        committed!(store, |unit| {
            unit.passwords().put(&samples::password(realm, user)).await.unwrap();
            unit.subject_keys().insert(realm, user, &[1, 2]).await.unwrap();
            unit.sessions().insert(&session).await.unwrap();
            unit.grants().insert(&grant).await.unwrap();
            unit.families().insert(&family).await.unwrap();
            unit.tickets().issue(&ticket).await.unwrap();
            unit.roles().assign(realm, role.id, subject).await.unwrap();
            unit.roles().join(realm, group.id, user).await.unwrap();
            unit.consents()
                .put(&Consent {
                    realm,
                    user,
                    client: house.client.id,
                    scopes: ScopeSet::empty(),
                    created_at: NOW,
                    updated_at: NOW,
                })
                .await
                .unwrap();
        });
        belongings.push((user, session.id, grant.id, family.id, samples::ticket_key(&ticket)));
    }
    let removed = committed!(store, |unit| unit.users().remove(realm, house.user.id).await.unwrap());
    assert!(removed);
    for ((user, session, grant, family, ticket), there) in
        belongings.into_iter().zip([false, true])
    {
        let mut view = store.read().await.unwrap();
        let (subject, client) = (Subject::User(user), house.client.id);
        assert_eq!(view.users().find(realm, user).await.unwrap().is_some(), there);
        assert_eq!(view.passwords().find(realm, user).await.unwrap().is_some(), there);
        assert_eq!(view.subject_keys().find(realm, user).await.unwrap().is_some(), there);
        assert_eq!(view.sessions().find(realm, session).await.unwrap().is_some(), there);
        assert_eq!(view.grants().find(realm, grant).await.unwrap().is_some(), there);
        assert_eq!(view.families().find(realm, family).await.unwrap().is_some(), there);
        assert_eq!(view.tickets().peek(ticket).await.unwrap().is_some(), there);
        assert_eq!(view.consents().find(realm, user, client).await.unwrap().is_some(), there);
        assert_eq!(view.roles().held_by(realm, subject).await.unwrap().is_empty(), !there);
        assert_eq!(view.roles().groups_of(realm, user).await.unwrap().is_empty(), !there);
    }
    let again = committed!(store, |unit| unit.users().remove(realm, house.user.id).await.unwrap());
    assert!(!again);
    let reborn = User { id: samples::id(), subject: SubjectId::from_random([9; 16]), ..house.user };
    committed!(store, |unit| unit.users().insert(&reborn).await.unwrap());
}

/// A person of another realm cannot be removed.
pub async fn a_foreign_user_is_not_removed(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let removed =
        committed!(store, |unit| unit.users().remove(other.realm(), house.user.id).await.unwrap());
    assert!(!removed);
    let (user, session) = seen!(store, |view| (
        view.users().find(house.realm(), house.user.id).await.unwrap(),
        view.sessions().find(house.realm(), house.session.id).await.unwrap(),
    ));
    assert!(user.is_some() && session.is_some());
}

/// A password comes back as it was put, a new one takes its place, and other realms see none.
pub async fn a_password_is_put_and_replaced(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user) = (house.realm(), house.user.id);
    let first = samples::password(realm, user);
    committed!(store, |unit| unit.passwords().put(&first).await.unwrap());
    let found = seen!(store, |view| view.passwords().find(realm, user).await.unwrap());
    assert_eq!(found.as_ref(), Some(&first));
    let foreign = seen!(store, |view| view.passwords().find(other.realm(), user).await.unwrap());
    assert_eq!(foreign, None);

    let second = PasswordCredential { changed_at: at(5), ..samples::password(realm, user) };
    committed!(store, |unit| unit.passwords().put(&second).await.unwrap());
    let found = seen!(store, |view| view.passwords().find(realm, user).await.unwrap()).unwrap();
    assert_eq!((found.hash, found.changed_at), (second.hash, second.changed_at));
}

/// A rehash changes the hash and nothing else, and counts the revision up.
pub async fn a_rehash_changes_the_hash_only(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let first = samples::password(realm, user);
    committed!(store, |unit| unit.passwords().put(&first).await.unwrap());
    let rehashed = PasswordCredential { changed_at: at(9), ..samples::password(realm, user) };
    committed!(store, |unit| unit.passwords().rehash(&rehashed).await.unwrap());
    let found = seen!(store, |view| view.passwords().find(realm, user).await.unwrap());
    let expected =
        PasswordCredential { hash: rehashed.hash.clone(), revision: Revision(2), ..first };
    assert_eq!(found, Some(expected));
    let mut unit = store.write().await.unwrap();
    assert_is!(unit.passwords().rehash(&rehashed).await, Err(StoreError::Stale));
}

/// A rehash of the old password that comes after a change is stale, whatever revision the
/// changed one was given: otherwise signing in would bring the old password back.
pub async fn a_rehash_never_undoes_a_change(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let (realm, user) = (house.realm(), house.user.id);
    let old = samples::password(realm, user);
    committed!(store, |unit| unit.passwords().put(&old).await.unwrap());
    let seen_at_sign_in = seen!(store, |view| view.passwords().find(realm, user).await.unwrap());
    let changed = samples::password(realm, user);
    committed!(store, |unit| unit.passwords().put(&changed).await.unwrap());
    let mut unit = store.write().await.unwrap();
    let answer = unit.passwords().rehash(&seen_at_sign_in.unwrap()).await;
    assert_is!(answer, Err(StoreError::Stale));
    drop(unit);
    let found = seen!(store, |view| view.passwords().find(realm, user).await.unwrap());
    assert_eq!(found.unwrap().hash, changed.hash);
}

/// A person's key is there until it is destroyed, and only in their realm.
pub async fn a_subject_key_is_destroyed_for_good(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let (realm, user, sealed) = (house.realm(), house.user.id, [0, 255, 39, 92]);
    committed!(store, |unit| unit.subject_keys().insert(realm, user, &sealed).await.unwrap());
    let (found, foreign) = seen!(store, |view| (
        view.subject_keys().find(realm, user).await.unwrap(),
        view.subject_keys().find(other.realm(), user).await.unwrap(),
    ));
    assert_eq!((found.as_deref(), foreign), (Some(sealed.as_slice()), None));
    let mut unit = store.write().await.unwrap();
    let answer = unit.subject_keys().insert(realm, user, &sealed).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::Key)));
    drop(unit);
    let foreign =
        committed!(store, |unit| unit.subject_keys().destroy(other.realm(), user).await.unwrap());
    let first = committed!(store, |unit| unit.subject_keys().destroy(realm, user).await.unwrap());
    let second = committed!(store, |unit| unit.subject_keys().destroy(realm, user).await.unwrap());
    assert_eq!((foreign, first, second), (false, true, false));
    let found = seen!(store, |view| view.subject_keys().find(realm, user).await.unwrap());
    assert_eq!(found, None);
}
