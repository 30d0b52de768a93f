//! What a realm takes as a password, and the ways to a new one.

use std::collections::BTreeSet;

use gatelodge_domain::audit::AuditAction;
use gatelodge_domain::user::{PasswordChange, UserStatus};
use gatelodge_domain::{PasswordCredential, Revision, Setting, User};
use gatelodge_ports::Clock as _;
use gatelodge_usecases::foundation::Announcements;
use gatelodge_usecases::passwords::{
    ChangePassword, ChangePasswordError, PasswordError, PasswordRefused, PasswordRules,
    ResetPassword, TypedPasswords, Whose,
};
use gatelodge_usecases::realms::ServedRealm;
use gatelodge_usecases::sign_in::SignInError;

use crate::desk::{Desk, PASSWORD};
use crate::house::facts;

const NEW: &str = "k3v7-q2xm-7hd2-x9qp";

fn with(realm: &ServedRealm, settings: &[(Setting, u32)]) -> ServedRealm {
    let mut realm = realm.clone();
    for (setting, value) in settings {
        realm.realm.settings.set(*setting, *value).unwrap();
    }
    realm
}

async fn refused(
    desk: &Desk,
    realm: &ServedRealm,
    user: &User,
    text: &str,
) -> Option<PasswordRefused> {
    let rules = PasswordRules::new(desk.house.foundation.clone());
    let password = match PasswordRules::parse(&realm.realm, text) {
        Ok(password) => password,
        Err(refused) => return Some(refused),
    };
    match rules.check(&realm.realm, &Whose::of(user), &password).await {
        Ok(()) => None,
        Err(PasswordError::Refused(refused)) => Some(refused),
        Err(PasswordError::Failed(failure)) => panic!("{failure:?}"),
    }
}

#[tokio::test]
async fn a_realm_decides_how_long_and_how_strong_a_password_is() {
    let desk = Desk::new().await;
    let ada = desk.house.user("lovelace").await;
    let plain = with(&desk.house.realm, &[]);
    let weak = Some(PasswordRefused::Weak);
    for (text, expected) in [
        (NEW, None),
        ("short", Some(PasswordRefused::TooShort { minimum: 8 })),
        ("password1", weak),
        ("qwertyuiop", weak),
        // What a guesser knows of her.
        ("lovelace1", weak),
        ("lovelace@example.org", weak),
    ] {
        assert_eq!(refused(&desk, &plain, &ada, text).await, expected, "{text}");
    }
    let long = "x".repeat(257);
    let too_long = refused(&desk, &plain, &ada, &long).await;
    assert_eq!(too_long, Some(PasswordRefused::TooLong));
    let strict = with(
        &plain,
        &[
            (Setting::PasswordMinLength, 20),
            (Setting::PasswordMinScore, 4),
        ],
    );
    let minimum = Some(PasswordRefused::TooShort { minimum: 20 });
    assert_eq!(refused(&desk, &strict, &ada, NEW).await, minimum);
    let words = "correct horse battery staple";
    assert_eq!(refused(&desk, &strict, &ada, words).await, None);
    let lax = with(&plain, &[(Setting::PasswordMinScore, 0)]);
    assert_eq!(refused(&desk, &lax, &ada, "password1").await, None);
}

#[tokio::test]
async fn the_last_few_passwords_are_not_taken_again() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let realm = with(&desk.house.realm, &[(Setting::PasswordHistory, 3)]);
    let foundation = &desk.house.foundation;
    let change = ChangePassword::new(foundation.clone(), desk.passwords.clone());
    let cookie = desk.sign_in("ada").await;
    let passwords = [
        PASSWORD,
        "first new horse 1",
        "second new horse 2",
        "third new horse 3",
    ];
    let to = async |current: &str, new: &str| {
        let me = desk.who(&cookie).await.unwrap();
        let typed = TypedPasswords {
            current,
            new,
            familiar: None,
        };
        change.change(&realm, &me, &typed, &facts()).await
    };
    for pair in passwords.windows(2) {
        desk.house.advance(1);
        to(pair[0], pair[1]).await.unwrap();
    }
    // The present one and the two before it.
    for known in &passwords[1..] {
        let again = to(passwords[3], known).await;
        let used = PasswordRefused::UsedBefore;
        assert!(
            matches!(&again, Err(ChangePasswordError::Refused(refused)) if *refused == used),
            "{known}: {again:?}"
        );
    }
    desk.house.advance(1);
    to(passwords[3], passwords[0]).await.unwrap();
}

#[tokio::test]
async fn whoever_changes_their_password_stays_signed_in_here_and_nowhere_else() {
    let desk = Desk::new().await;
    let house = &desk.house;
    let app = house.public_client("app", |_| {}).await;
    let ada = desk.person("ada").await;
    let (here, there) = (desk.sign_in("ada").await, desk.sign_in("ada").await);
    let elsewhere = house.session(&ada).await;
    let tokens = house.tokens(&app, &elsewhere, "openid").await;
    let me = desk.who(&here).await.unwrap();
    let mine = house.tokens(&app, &me.session, "openid").await;
    let change = ChangePassword::new(house.foundation.clone(), desk.passwords.clone());
    let typed = |current| TypedPasswords {
        current,
        new: NEW,
        familiar: None,
    };
    house.advance(5);

    let wrong = change
        .change(&house.realm, &me, &typed("wrong horse"), &facts())
        .await;
    assert!(
        matches!(wrong, Err(ChangePasswordError::WrongCurrent)),
        "{wrong:?}"
    );
    assert!(desk.who(&there).await.is_some());
    let unasked = change
        .replace_required(&house.realm, &me, NEW, &facts())
        .await;
    assert!(
        matches!(unasked, Err(ChangePasswordError::NotRequired)),
        "{unasked:?}"
    );

    change
        .change(&house.realm, &me, &typed(PASSWORD), &facts())
        .await
        .unwrap();
    assert!(desk.who(&here).await.is_some());
    assert!(desk.who(&there).await.is_none());
    for token in [&tokens, &mine] {
        assert!(!house.is_accepted(token.access_token.expose()).await);
    }
    let refreshed = |token: String| {
        let app = app.clone();
        async move { house.refresh(&app, &token).await.is_ok() }
    };
    let token = |answer: &gatelodge_usecases::token::TokenAnswer| {
        answer.refresh_token.as_ref().unwrap().expose().clone()
    };
    assert!(!refreshed(token(&tokens)).await);
    assert!(refreshed(token(&mine)).await);
    assert!(desk.attempt("ada", PASSWORD).await.is_err());
    assert!(desk.attempt("ada", NEW).await.is_ok());
    let story = house.story().await;
    assert!(story.contains(&("user.password_changed".to_owned(), "success".to_owned())));
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_replaced_by_another_one() {
    let desk = Desk::new().await;
    let house = &desk.house;
    let ada = desk.person("ada").await;
    let cookie = {
        let cookie = desk.sign_in("ada").await;
        let required = User {
            password_change: PasswordChange::Required,
            ..ada.clone()
        };
        let mut unit = house.foundation.store.write().await.unwrap();
        unit.users().update(&required).await.unwrap();
        unit.commit().await.unwrap();
        let change = gatelodge_ports::store::Change::User(ada.realm, ada.id);
        house.foundation.apply(change);
        cookie
    };
    let change = ChangePassword::new(house.foundation.clone(), desk.passwords.clone());
    let me = desk.who(&cookie).await.unwrap();
    let same = change
        .replace_required(&house.realm, &me, PASSWORD, &facts())
        .await;
    let used = PasswordRefused::UsedBefore;
    assert!(
        matches!(&same, Err(ChangePasswordError::Refused(refused)) if *refused == used),
        "{same:?}"
    );
    change
        .replace_required(&house.realm, &me, NEW, &facts())
        .await
        .unwrap();
    let me = desk.who(&cookie).await.unwrap();
    assert_eq!(me.user.password_change, PasswordChange::Free);
    assert!(desk.attempt("ada", NEW).await.is_ok());
}

#[tokio::test]
async fn a_reset_ends_everything_and_a_refused_password_changes_nothing() {
    let desk = Desk::new().await;
    let house = &desk.house;
    let ada = desk.person("ada").await;
    let cookie = desk.sign_in("ada").await;
    let reset = ResetPassword::new(house.foundation.clone());
    let weak = reset
        .prepare(&house.realm, &ada, "password1", &facts())
        .await;
    assert!(matches!(
        weak,
        Err(PasswordError::Refused(PasswordRefused::Weak))
    ));
    assert!(desk.who(&cookie).await.is_some());

    house.advance(5);
    let prepared = reset.prepare(&house.realm, &ada, NEW, &facts()).await;
    let mut unit = house.foundation.store.write().await.unwrap();
    let mut announcements = Announcements::new();
    prepared
        .unwrap()
        .write(&mut *unit, &mut announcements)
        .await
        .unwrap();
    unit.commit().await.unwrap();
    announcements.apply(&house.foundation);
    assert!(desk.who(&cookie).await.is_none());
    assert!(desk.attempt("ada", PASSWORD).await.is_err());
    assert!(desk.attempt("ada", NEW).await.is_ok());
}

async fn with_hash(desk: &Desk, name: &str, hash: &str) -> User {
    let user = desk.house.user(name).await;
    let foundation = &desk.house.foundation;
    let credential = PasswordCredential {
        realm: user.realm,
        user: user.id,
        hash: foundation.hasher.import(hash).unwrap(),
        changed_at: desk.house.clock.now(),
        revision: Revision::FIRST,
    };
    let mut unit = foundation.store.write().await.unwrap();
    unit.passwords().put(&credential).await.unwrap();
    unit.commit().await.unwrap();
    user
}

/// "correct horse battery", as other programs store it.
const IMPORTED: [(&str, &str); 4] = [
    (
        "bcrypt",
        "$2b$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.",
    ),
    ("ssha", "{SSHA}LJwXwn56x3y+rDkpIUugftV+6KAAAQIDBAUGBw=="),
    (
        "django",
        "pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=",
    ),
    (
        "unix",
        "$6$saltstring$dBHc6z5hpSlx63LLGnlt2xpSGH7T2QL7PJTCjPwajfWh/K10OPeGyl0Oe5VoIANbBgC0gNnRFVE.3uO/lesxj/",
    ),
];

#[tokio::test]
async fn an_imported_hash_is_verified_once_and_replaced() {
    let desk = Desk::new().await;
    let foundation = &desk.house.foundation;
    for (name, hash) in IMPORTED {
        let user = with_hash(&desk, name, hash).await;
        let stored = async || {
            let mut view = foundation.store.read().await.unwrap();
            let found = view.passwords().find(user.realm, user.id).await.unwrap();
            found.unwrap()
        };
        let before = stored().await;
        assert!(desk.attempt(name, "wrong horse").await.is_err(), "{name}");
        assert_eq!(stored().await, before, "{name}");
        assert!(
            desk.attempt(name, "correct horse battery").await.is_ok(),
            "{name}"
        );
        let after = stored().await;
        assert!(
            after.hash.as_phc().starts_with("$argon2id$v=19$m=8192,"),
            "{name}"
        );
        assert_eq!(after.changed_at, before.changed_at, "a rehash is no change");
        assert!(
            desk.attempt(name, "correct horse battery").await.is_ok(),
            "{name}"
        );
        assert_eq!(stored().await, after, "made again once only");
    }
}

#[tokio::test]
async fn unknown_wrong_disabled_locked_and_imported_cost_and_answer_the_same() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let disabled = desk.person("disabled").await;
    let since = desk.house.clock.now();
    desk.house
        .set_status(&disabled, UserStatus::Deactivated { since })
        .await;
    let locked = desk.person("locked").await;
    let until = since.plus(core::time::Duration::from_hours(1));
    desk.house
        .set_status(&locked, UserStatus::Suspended { until })
        .await;
    for (name, hash) in IMPORTED {
        with_hash(&desk, name, hash).await;
    }
    let mut answers = BTreeSet::new();
    let jobs = || desk.house.foundation.hasher.jobs();
    for (name, password) in [
        ("nobody", PASSWORD),
        ("ada", "wrong horse"),
        ("disabled", PASSWORD),
        ("disabled", "wrong horse"),
        ("locked", PASSWORD),
        ("bcrypt", "wrong horse"),
        ("ssha", "wrong horse"),
        ("django", "wrong horse"),
        ("unix", "wrong horse"),
    ] {
        let before = jobs();
        let answer = desk.attempt(name, password).await.unwrap_err();
        assert_eq!(jobs() - before, 1, "{name}");
        assert!(matches!(answer, SignInError::WrongCredentials), "{name}");
        answers.insert(answer.to_string());
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let denied = desk.house.trail().await;
    assert!(
        denied
            .iter()
            .all(|event| event.action == AuditAction::SignIn)
    );
}
