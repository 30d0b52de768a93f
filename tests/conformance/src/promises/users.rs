//! People and their passwords.

use std::sync::Arc;

use gatelodge_domain::user::SubjectId;
use gatelodge_domain::{Consent, Email, Revision, ScopeSet, Subject, User, Username};
use gatelodge_ports::store::Duplicate;
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{House, assert_is, committed, seen};
use crate::samples::{self, NOW};

/// A plain and a full user come back as they went in, by every road, and from no other realm.
pub async fn users_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    for user in [
        samples::user(house.realm()),
        samples::full_user(house.realm()),
    ] {
        committed!(store, |unit| unit.users().insert(&user).await.unwrap());
        for (realm, expected) in [(house.realm(), Some(&user)), (other.realm(), None)] {
            let mut view = store.read().await.unwrap();
            let users = view.users();
            assert_eq!(users.find(realm, user.id).await.unwrap().as_ref(), expected);
            let by_name = users
                .find_by_username(realm, user.username.key())
                .await
                .unwrap();
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

/// A user name is taken once in a realm, and free in every other.
pub async fn a_taken_username_is_a_duplicate(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let username = Username::parse(&house.user.username.as_str().to_uppercase()).unwrap();
    let taken = User {
        username: username.clone(),
        ..samples::user(house.realm())
    };
    let mut unit = store.write().await.unwrap();
    let answer = unit.users().insert(&taken).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::Username)));
    drop(unit);
    let neighbour = User {
        username: username.clone(),
        ..samples::user(other.realm())
    };
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
    let first = User {
        email: email.clone(),
        ..samples::user(house.realm())
    };
    let neighbour = User {
        email: email.clone(),
        ..samples::user(other.realm())
    };
    committed!(store, |unit| {
        unit.users().insert(&first).await.unwrap();
        unit.users().insert(&neighbour).await.unwrap();
    });
    let second = User {
        email,
        ..samples::user(house.realm())
    };
    let mut unit = store.write().await.unwrap();
    let answer = unit.users().insert(&second).await;
    assert_is!(answer, Err(StoreError::Duplicate(Duplicate::Email)));
    drop(unit);
    committed!(store, |unit| {
        unit.users()
            .insert(&User {
                email: None,
                ..second
            })
            .await
            .unwrap();
        unit.users()
            .update(&User {
                email: None,
                ..first
            })
            .await
            .unwrap();
    });
    let found = seen!(store, |view| view
        .users()
        .find_by_email(house.realm(), "zoë@example.org")
        .await
        .unwrap());
    assert_eq!(found, None);
}

/// An update writes what may change, keeps what may not, and counts the revision up.
pub async fn a_user_changes_but_for_id_subject_and_birth(store: Arc<dyn Store>) {
    let house = House::build(&store).await;
    let was = &house.user;
    let asked = User {
        id: was.id,
        ..samples::full_user(house.realm())
    };
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
    assert_eq!(
        view.users().find(realm, was.id).await.unwrap(),
        Some(expected.clone())
    );
    let by_new = view
        .users()
        .find_by_username(realm, asked.username.key())
        .await
        .unwrap();
    assert_eq!(by_new, Some(expected));
    let by_old = view
        .users()
        .find_by_username(realm, was.username.key())
        .await
        .unwrap();
    assert_eq!(by_old, None);
}

/// Whoever read an older revision, or looks in another realm, is refused.
pub async fn a_stale_user_is_refused(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    committed!(store, |unit| unit
        .users()
        .update(&house.user)
        .await
        .unwrap());
    let foreign = User {
        realm: other.realm(),
        revision: Revision(2),
        ..house.user.clone()
    };
    for user in [house.user.clone(), foreign, samples::user(house.realm())] {
        let mut unit = store.write().await.unwrap();
        assert_is!(unit.users().update(&user).await, Err(StoreError::Stale));
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
            unit.passwords()
                .put(&samples::password(realm, user))
                .await
                .unwrap();
            unit.subject_keys()
                .insert(realm, user, &[1, 2])
                .await
                .unwrap();
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
        belongings.push((
            user,
            session.id,
            grant.id,
            family.id,
            samples::ticket_key(&ticket),
        ));
    }
    let removed = committed!(store, |unit| unit
        .users()
        .remove(realm, house.user.id)
        .await
        .unwrap());
    assert!(removed);
    for ((user, session, grant, family, ticket), there) in belongings.into_iter().zip([false, true])
    {
        let mut view = store.read().await.unwrap();
        let (subject, client) = (Subject::User(user), house.client.id);
        assert_eq!(
            view.users().find(realm, user).await.unwrap().is_some(),
            there
        );
        assert_eq!(
            view.passwords().find(realm, user).await.unwrap().is_some(),
            there
        );
        assert_eq!(
            view.subject_keys()
                .find(realm, user)
                .await
                .unwrap()
                .is_some(),
            there
        );
        assert_eq!(
            view.sessions()
                .find(realm, session)
                .await
                .unwrap()
                .is_some(),
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
        assert_eq!(
            view.roles()
                .held_by(realm, subject)
                .await
                .unwrap()
                .is_empty(),
            !there
        );
        assert_eq!(
            view.roles()
                .groups_of(realm, user)
                .await
                .unwrap()
                .is_empty(),
            !there
        );
    }
    let again = committed!(store, |unit| unit
        .users()
        .remove(realm, house.user.id)
        .await
        .unwrap());
    assert!(!again);
    let reborn = User {
        id: samples::id(),
        subject: SubjectId::from_random([9; 16]),
        ..house.user
    };
    committed!(store, |unit| unit.users().insert(&reborn).await.unwrap());
}

/// A person of another realm cannot be removed.
pub async fn a_foreign_user_is_not_removed(store: Arc<dyn Store>) {
    let (house, other) = (House::build(&store).await, House::build(&store).await);
    let removed = committed!(store, |unit| unit
        .users()
        .remove(other.realm(), house.user.id)
        .await
        .unwrap());
    assert!(!removed);
    let (user, session) = seen!(store, |view| (
        view.users()
            .find(house.realm(), house.user.id)
            .await
            .unwrap(),
        view.sessions()
            .find(house.realm(), house.session.id)
            .await
            .unwrap(),
    ));
    assert!(user.is_some() && session.is_some());
}
