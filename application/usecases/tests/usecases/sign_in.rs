//! One password try, and the session after it.

use std::sync::Arc;

use gatelodge_domain::audit::{AuditAction, Outcome};
use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::user::UserStatus;
use gatelodge_domain::{Password, Setting};
use gatelodge_ports::Clock as _;
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::mfa::Begun;
use gatelodge_usecases::realms::ServedRealm;
use gatelodge_usecases::sign_in::{PasswordAttempt, PasswordCheck, SignInError};
use tokio::task::JoinSet;

use crate::desk::{Desk, NoDelay, PASSWORD};
use crate::house::{NOW, facts};

#[tokio::test]
async fn every_failing_try_costs_one_hash_job_and_gets_one_answer() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.house.user("without-password").await;
    for (name, status) in [
        ("deactivated", UserStatus::Deactivated { since: NOW }),
        ("invited", UserStatus::Invited),
        ("leaving", UserStatus::PendingDeletion { since: NOW }),
        (
            "suspended",
            UserStatus::Suspended {
                until: NOW.plus(core::time::Duration::from_hours(1)),
            },
        ),
    ] {
        let user = desk.person(name).await;
        desk.house.set_status(&user, status).await;
    }
    let long = "a".repeat(5_000);
    for (name, password) in [
        ("nobody-here", PASSWORD),
        ("no such name\u{202e}", PASSWORD),
        ("", PASSWORD),
        ("ada", "wrong horse"),
        ("ada", ""),
        ("ada", &long),
        ("without-password", PASSWORD),
        ("deactivated", PASSWORD),
        ("invited", PASSWORD),
        ("leaving", PASSWORD),
        ("suspended", PASSWORD),
    ] {
        let before = desk.house.foundation.hasher.jobs();
        let result = desk.attempt(name, password).await;
        assert!(
            matches!(result, Err(SignInError::WrongCredentials)),
            "{name}: {result:?}"
        );
        let jobs = desk.house.foundation.hasher.jobs() - before;
        assert_eq!(jobs, 1, "{name}");
    }
    let before = desk.house.foundation.hasher.jobs();
    assert!(desk.attempt("ADA", PASSWORD).await.is_ok());
    assert!(desk.attempt("ada@example.org", PASSWORD).await.is_ok());
    assert_eq!(desk.house.foundation.hasher.jobs() - before, 2);
}

#[tokio::test]
async fn the_trail_says_why_and_never_under_which_unknown_name() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let _ = desk.attempt("ada", "wrong horse").await;
    let _ = desk.attempt("ada", "wrong again").await;
    let _ = desk.attempt("nobody-here", PASSWORD).await;
    let trail = desk.house.trail().await;
    let reasons: Vec<_> = trail
        .iter()
        .map(|event| event.reason.as_deref().unwrap())
        .collect();
    assert_eq!(
        reasons,
        ["wrong_password", "unknown_user"],
        "a repeat is counted"
    );
    assert_eq!(trail[0].target.as_ref().unwrap().bits, ada.id.as_u128());
    assert!(
        trail
            .iter()
            .all(|event| event.action == AuditAction::SignIn && event.outcome == Outcome::Denied)
    );
    let facts = trail[1].facts.as_deref().unwrap();
    assert!(
        facts.contains("name") && !facts.contains("nobody"),
        "{facts}"
    );
    assert!(trail[1].target.is_none());
}

#[tokio::test]
async fn a_try_over_the_limit_costs_no_hash_for_known_and_unknown_names_alike() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let mut realm = ServedRealm::clone(&desk.house.realm);
    let limit = Setting::SignInAttemptsPerMinute;
    realm.realm.settings.set(limit, 3).unwrap();
    for (name, address) in [("ada", "192.0.2.1"), ("nobody-here", "192.0.2.2")] {
        let mut facts = facts();
        facts.address = Some(address.to_owned());
        let attempt = |password| PasswordAttempt {
            username: name,
            password,
            client: None,
            familiar: None,
        };
        for _ in 0..3 {
            let result = desk
                .passwords
                .check(&realm, &attempt("wrong"), &facts)
                .await;
            assert!(matches!(result, Err(SignInError::WrongCredentials)));
        }
        let before = desk.house.foundation.hasher.jobs();
        let result = desk
            .passwords
            .check(&realm, &attempt(PASSWORD), &facts)
            .await;
        let Err(SignInError::TooMany { retry_after }) = result else {
            panic!("{name}: {result:?}");
        };
        assert_eq!(retry_after.as_secs(), 60);
        assert_eq!(desk.house.foundation.hasher.jobs(), before);
    }
    desk.house.advance(60);
    assert!(desk.attempt("ada", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_browser_that_signed_in_before_is_not_shut_out_by_strangers() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.person("eve").await;
    let mine = desk.attempt("ada", PASSWORD).await.unwrap().familiar;
    let eves = desk.attempt("eve", PASSWORD).await.unwrap().familiar;
    for _ in 0..20 {
        let _ = desk.attempt("ada", "guess").await;
    }
    let from = |familiar| PasswordAttempt {
        username: "ada",
        password: PASSWORD,
        client: None,
        familiar,
    };
    let realm = &desk.house.realm;
    for stranger in [None, Some(eves.as_str()), Some("forged")] {
        let result = desk.passwords.check(realm, &from(stranger), &facts()).await;
        assert!(matches!(result, Err(SignInError::TooMany { .. })));
    }
    let result = desk
        .passwords
        .check(realm, &from(Some(&mine)), &facts())
        .await;
    assert!(result.is_ok());
}

fn limited(desk: &Desk, tries: u32) -> ServedRealm {
    let mut realm = ServedRealm::clone(&desk.house.realm);
    let limit = Setting::SignInAttemptsPerMinute;
    realm.realm.settings.set(limit, tries).unwrap();
    realm
}

fn from_address(last: usize) -> RequestFacts {
    let mut facts = facts();
    facts.address = Some(format!("198.51.100.{last}"));
    facts
}

fn guess<'a>(username: &'a str, familiar: Option<&'a str>) -> PasswordAttempt<'a> {
    PasswordAttempt {
        username,
        password: "guess",
        client: None,
        familiar,
    }
}

#[tokio::test]
async fn nodes_count_the_tries_of_an_account_together() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let mine = desk.attempt("ada", PASSWORD).await.unwrap().familiar;
    let realm = limited(&desk, 4);
    let other = PasswordCheck::new(desk.house.foundation.clone(), Arc::new(NoDelay));
    let nodes = [&desk.passwords, &other];
    for (name, familiar) in [
        ("ada", None),
        ("nobody-here", None),
        ("ada", Some(mine.as_str())),
    ] {
        for number in 0..4 {
            let result = nodes[number % 2]
                .check(&realm, &guess(name, familiar), &from_address(number))
                .await;
            assert!(
                matches!(result, Err(SignInError::WrongCredentials)),
                "{name}: {result:?}"
            );
        }
        let jobs = desk.house.foundation.hasher.jobs();
        for (number, node) in nodes.into_iter().enumerate() {
            let facts = from_address(10 + number);
            let result = node.check(&realm, &guess(name, familiar), &facts).await;
            let Err(SignInError::TooMany { retry_after }) = result else {
                panic!("{name}: {result:?}");
            };
            assert_eq!(retry_after.as_secs(), 60);
        }
        assert_eq!(desk.house.foundation.hasher.jobs(), jobs, "no hash is made");
        let trail = desk.house.trail().await.len();
        for node in nodes {
            let again = node
                .check(&realm, &guess(name, familiar), &from_address(20))
                .await;
            assert!(matches!(again, Err(SignInError::TooMany { .. })));
        }
        assert_eq!(desk.house.trail().await.len(), trail, "and nothing written");
    }
    desk.house.advance(60);
    for node in nodes {
        let result = node
            .check(&realm, &guess("ada", None), &from_address(30))
            .await;
        assert!(matches!(result, Err(SignInError::WrongCredentials)));
    }
}

#[tokio::test]
async fn a_limit_that_is_raised_lets_through_at_once() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let (low, high) = (limited(&desk, 1), limited(&desk, 3));
    let attempt = guess("ada", None);
    for (realm, passes) in [(&low, true), (&low, false), (&high, true), (&low, false)] {
        let result = desk
            .passwords
            .check(realm, &attempt, &from_address(1))
            .await;
        assert_eq!(
            matches!(result, Err(SignInError::WrongCredentials)),
            passes,
            "{result:?}"
        );
    }
}

/// How many of 64 tries at once are made by so many nodes, where six are allowed.
async fn made_of_a_burst(nodes: usize) -> usize {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.house.foundation.nodes.note(nodes as u64);
    let realm = Arc::new(limited(&desk, 6));
    let node = |_| {
        let house = desk.house.foundation.clone();
        Arc::new(PasswordCheck::new(house, Arc::new(NoDelay)))
    };
    let checks: Vec<_> = (0..nodes).map(node).collect();
    let before = desk.house.foundation.hasher.jobs();
    let mut tries = JoinSet::new();
    for number in 0..64 {
        let (node, realm) = (checks[number % nodes].clone(), realm.clone());
        tries.spawn(async move {
            let facts = RequestFacts::default();
            node.check(&realm, &guess("ada", None), &facts).await
        });
    }
    let results = tries.join_all().await;
    let made = results
        .iter()
        .filter(|result| matches!(result, Err(SignInError::WrongCredentials)))
        .count();
    let jobs = desk.house.foundation.hasher.jobs() - before;
    assert_eq!(jobs, u64::try_from(made).unwrap());
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_makes_no_more_tries_than_are_allowed() {
    let made = made_of_a_burst(1).await;
    assert!((1..=6).contains(&made), "{made} tries were made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_over_many_nodes_stays_below_twice_the_limit() {
    let made = made_of_a_burst(3).await;
    assert!((1..12).contains(&made), "{made} tries were made");
}

#[tokio::test]
async fn live_nodes_share_what_an_address_may_try() {
    for (nodes, allowed) in [(1, 6), (2, 3), (4, 2), (9, 1)] {
        let desk = Desk::new().await;
        desk.house.foundation.nodes.note(nodes);
        let realm = limited(&desk, 6);
        for number in 0..=allowed {
            let name = format!("person-{number}");
            let result = desk
                .passwords
                .check(&realm, &guess(&name, None), &from_address(1))
                .await;
            assert_eq!(
                matches!(result, Err(SignInError::TooMany { .. })),
                number == allowed,
                "{nodes} nodes, try {number}: {result:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_hash_of_another_cost_is_made_again_at_the_next_sign_in() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let old = Argon2Cost {
        memory: 9_000,
        iterations: 2,
        parallelism: 1,
    };
    let password = Password::parse(PASSWORD).unwrap();
    desk.set_password(&ada, &password, old).await;
    assert!(desk.attempt("ada", "wrong horse").await.is_err());
    let phc = || async {
        let mut view = desk.house.foundation.store.read().await.unwrap();
        let found = view.passwords().find(ada.realm, ada.id).await.unwrap();
        found.unwrap().hash.as_phc().to_owned()
    };
    assert!(phc().await.contains("m=9000"), "{}", phc().await);
    assert!(desk.attempt("ada", PASSWORD).await.is_ok());
    assert!(phc().await.contains("m=8192"), "{}", phc().await);
    assert!(desk.attempt("ada", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_sign_in_renews_the_secret_and_keeps_the_persons_sid() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.person("eve").await;
    let first = desk.sign_in("ada").await;
    assert!(first.starts_with("gl_se_"));
    let before = desk.who(&first).await.unwrap();
    desk.house.advance(10);
    let second = desk.sign_in_again("ada", Some(&first)).await;
    let after = desk.who(&second).await.unwrap();
    assert!(desk.who(&first).await.is_none(), "the old secret is void");
    assert_eq!(after.session.id, before.session.id);
    assert!(after.session.authentication.at > before.session.authentication.at);
    let third = desk.sign_in_again("eve", Some(&second)).await;
    assert!(desk.who(&second).await.is_none(), "another person ends it");
    let eve = desk.who(&third).await.unwrap();
    assert_eq!(eve.user.username.as_str(), "eve");
    assert_ne!(eve.session.id, before.session.id);
}

#[tokio::test]
async fn nobody_enters_who_was_shut_out_between_proof_and_session() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let proven = desk.attempt("ada", PASSWORD).await.unwrap();
    let since = desk.house.clock.now();
    desk.house
        .set_status(&ada, UserStatus::Deactivated { since })
        .await;
    let persistence = gatelodge_domain::session::Persistence::BrowserSession;
    let realm = &desk.house.realm;
    let begun = desk
        .steps
        .begin(realm, proven, "ada", persistence, None, &facts())
        .await;
    let Ok(Begun::Cleared(cleared)) = begun else {
        panic!("{begun:?}");
    };
    let result = desk
        .steps
        .enter(realm, cleared, persistence, None, &facts())
        .await;
    assert!(matches!(result, Err(SignInError::WrongCredentials)));
}

/// The realm, with delays after so many failures and no limit a minute.
fn delaying(desk: &Desk, free: u32) -> ServedRealm {
    let mut realm = limited(desk, 0);
    let after = Setting::SignInDelayAfter;
    realm.realm.settings.set(after, free).unwrap();
    realm
}

async fn wait_of(desk: &Desk, realm: &ServedRealm, attempt: &PasswordAttempt<'_>) -> Option<u64> {
    let facts = RequestFacts::default();
    match desk.passwords.check(realm, attempt, &facts).await {
        Err(SignInError::TooMany { retry_after }) => Some(retry_after.as_secs()),
        Err(SignInError::WrongCredentials) => None,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn failures_that_go_on_make_the_next_try_wait_longer_and_longer() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let mine = desk.attempt("ada", PASSWORD).await.unwrap().familiar;
    let realm = delaying(&desk, 3);
    for name in ["ada", "nobody-here"] {
        for _ in 0..3 {
            assert_eq!(wait_of(&desk, &realm, &guess(name, None)).await, None);
        }
        for wait in [1, 2, 4, 8] {
            assert_eq!(wait_of(&desk, &realm, &guess(name, None)).await, None);
            let jobs = desk.house.foundation.hasher.jobs();
            let told = wait_of(&desk, &realm, &guess(name, None)).await;
            assert_eq!(told, Some(wait), "{name}");
            assert_eq!(desk.house.foundation.hasher.jobs(), jobs, "no hash is made");
            desk.house.advance(wait);
        }
    }
    // Strangers do not make the owner's own browser wait, and success forgets.
    assert_eq!(wait_of(&desk, &realm, &guess("ada", None)).await, None);
    assert_eq!(wait_of(&desk, &realm, &guess("ada", None)).await, Some(16));
    let own = PasswordAttempt {
        password: PASSWORD,
        ..guess("ada", Some(&mine))
    };
    let welcome = desk.passwords.check(&realm, &own, &facts()).await;
    assert!(welcome.is_ok(), "{welcome:?}");
    desk.house.advance(16);
    let right = PasswordAttempt {
        familiar: None,
        ..own
    };
    assert!(desk.passwords.check(&realm, &right, &facts()).await.is_ok());
    assert_eq!(wait_of(&desk, &realm, &guess("ada", None)).await, None);
    assert_eq!(wait_of(&desk, &realm, &guess("ada", None)).await, None);
}

#[tokio::test]
async fn what_failed_long_ago_is_forgotten_and_the_wait_has_a_ceiling() {
    let desk = Desk::new().await;
    let mut realm = delaying(&desk, 1);
    let longest = Setting::SignInDelayLongest;
    realm.realm.settings.set(longest, 4).unwrap();
    assert_eq!(wait_of(&desk, &realm, &guess("ada", None)).await, None);
    for wait in [1, 2, 4, 4, 4] {
        assert_eq!(wait_of(&desk, &realm, &guess("ada", None)).await, None);
        let told = wait_of(&desk, &realm, &guess("ada", None)).await;
        assert_eq!(told, Some(wait));
        desk.house.advance(wait);
    }
    desk.house.advance(15 * 60);
    assert_eq!(wait_of(&desk, &realm, &guess("ada", None)).await, None);
    assert_eq!(wait_of(&desk, &realm, &guess("ada", None)).await, None);
    assert_eq!(wait_of(&desk, &realm, &guess("ada", None)).await, Some(1));
}

#[tokio::test]
async fn an_address_that_tries_many_names_waits_as_well() {
    let desk = Desk::new().await;
    let realm = delaying(&desk, 2);
    for number in 0..11 {
        let name = format!("person-{number}");
        let result = desk
            .passwords
            .check(&realm, &guess(&name, None), &from_address(1))
            .await;
        assert!(
            matches!(result, Err(SignInError::WrongCredentials)),
            "{number}: {result:?}"
        );
    }
    let held = desk
        .passwords
        .check(&realm, &guess("another", None), &from_address(1))
        .await;
    assert!(matches!(held, Err(SignInError::TooMany { .. })), "{held:?}");
    let elsewhere = desk
        .passwords
        .check(&realm, &guess("another", None), &from_address(2))
        .await;
    assert!(matches!(elsewhere, Err(SignInError::WrongCredentials)));
}
