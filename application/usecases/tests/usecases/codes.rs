//! Codes at the token endpoint.

use gatelodge_domain::id::base32;
use gatelodge_domain::user::UserStatus;
use gatelodge_ports::Clock as _;
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::codes::code_key;
use gatelodge_usecases::foundation::Announcements;
use gatelodge_usecases::grants::end_session;
use serde_json::{Value, json};

use crate::desk::{Desk, told};
use crate::house::{CALLBACK, House, VERIFIER, claims, code_of, denial};

#[tokio::test]
async fn a_code_buys_one_set_of_tokens() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let ada = house.user("ada").await;
    let session = house.session(&ada).await;
    let answer = house.tokens(&client, &session, "openid profile").await;
    assert_eq!(answer.expires_in, 900);
    assert_eq!(answer.scopes.to_string(), "openid profile");
    assert!(answer.refresh_token.is_some());

    let access = claims(answer.access_token.expose());
    assert_eq!(access["iss"], "https://id.example");
    assert_eq!(access["sub"], ada.subject.as_str());
    assert_eq!(access["aud"], "https://id.example");
    assert_eq!(access["client_id"], "app");
    assert_eq!(access["scope"], "openid profile");
    assert_eq!(access["sid"], session.id.to_string());
    assert_eq!(access["amr"], json!(["pwd"]));

    let id = claims(answer.id_token.unwrap().expose());
    assert_eq!(id["aud"], "app");
    assert_eq!(id["nonce"], "nonce");
    assert_eq!(id["sub"], access["sub"]);
    assert!(id["at_hash"].is_string());
    assert_eq!(id["auth_time"], access["auth_time"]);
    assert!(id.get("name").is_none() && id.get("email").is_none());

    let trail = house.trail().await;
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0].token.unwrap().to_string(), access["jti"]);
    assert_eq!(trail[0].grant.unwrap().to_string(), access["gid"]);
}

#[tokio::test]
async fn beside_other_nodes_a_code_is_written_as_the_release_before_reads_it() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let realm = house.realm.realm.id;
    for (version, written_as) in [(2, "object"), (1, "bytes")] {
        let code = house.code(&client, &session, "openid").await;
        let key = code_key(&house.foundation, realm, &code).unwrap();
        let mut view = house.foundation.store.read().await.unwrap();
        let ticket = view.tickets().peek(key).await.unwrap().unwrap();
        let row = base32(key.digest.as_bytes());
        let place = format!("{realm}|tickets|{row}|payload");
        let plain = house
            .foundation
            .vault
            .open(&place, &ticket.payload)
            .unwrap();
        let payload: Value = serde_json::from_slice(plain.expose()).unwrap();
        assert_eq!(payload["v"], version);
        match &payload["context"] {
            Value::Object(context) if written_as == "object" => {
                assert_eq!(context["scope"], "openid");
            }
            Value::Array(bytes) if written_as == "bytes" => {
                let bytes = bytes.iter().map(|it| u8::try_from(it.as_u64().unwrap()));
                let bytes: Vec<u8> = bytes.map(Result::unwrap).collect();
                let context: Value = serde_json::from_slice(&bytes).unwrap();
                assert_eq!(context["scope"], "openid");
            }
            other => panic!("{other}"),
        }
        let bought = house.redeem(&client, &code).await.unwrap();
        assert_eq!(bought.scopes.to_string(), "openid");
        house.foundation.nodes.expect_others();
    }
}

#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "profile").await;
    assert!(answer.id_token.is_none());
}

#[tokio::test]
async fn a_client_that_may_not_refresh_gets_no_refresh_token() {
    let house = House::new().await;
    let client = house
        .public_client("app", |client| {
            client.grant_types.remove("refresh_token");
        })
        .await;
    let session = house.session(&house.user("ada").await).await;
    let answer = house.tokens(&client, &session, "openid").await;
    assert!(answer.refresh_token.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_redemptions_one_wins_and_its_tokens_then_end() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let code = house.code(&client, &session, "openid").await;
    let tries: Vec<_> = (0..64)
        .map(|_| {
            let (house, client, code) = (house.clone(), client.clone(), code.clone());
            tokio::spawn(async move { house.redeem(&client, &code).await })
        })
        .collect();
    let mut winners = Vec::new();
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(answer) => winners.push(answer),
            Err(error) => assert_eq!(code_of::<()>(Err(error)), ErrorCode::InvalidGrant),
        }
    }
    assert_eq!(winners.len(), 1);
    let winner = &winners[0];
    assert!(!house.is_accepted(winner.access_token.expose()).await);
    let refresh_token = winner.refresh_token.as_ref().unwrap();
    let refreshed = house.refresh(&client, refresh_token.expose()).await;
    assert_eq!(code_of(refreshed), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn a_replay_by_its_own_client_ends_what_the_code_gave() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let code = house.code(&client, &session, "openid").await;
    let answer = house.redeem(&client, &code).await.unwrap();
    assert!(house.is_accepted(answer.access_token.expose()).await);
    for _ in 0..3 {
        let replayed = house.redeem(&client, &code).await;
        assert_eq!(code_of(replayed), ErrorCode::InvalidGrant);
    }
    assert!(!house.is_accepted(answer.access_token.expose()).await);
    let refresh_token = answer.refresh_token.unwrap();
    let refreshed = house.refresh(&client, refresh_token.expose()).await;
    assert_eq!(code_of(refreshed), ErrorCode::InvalidGrant);
    let story = house.story().await;
    let replays = story.iter().filter(|line| line.1 == "replayed").count();
    assert_eq!(replays, 1, "repeats are counted beside the trail");
}

#[tokio::test]
async fn another_clients_try_touches_nothing() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let thief = house.public_client("thief", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let code = house.code(&client, &session, "openid").await;
    let stolen = denial(house.redeem(&thief, &code).await);
    assert_eq!(stolen.code, ErrorCode::InvalidGrant);
    assert_eq!(stolen, denial(house.redeem(&thief, "gl_ac_nonsense").await));
    let answer = house.redeem(&client, &code).await.unwrap();
    // Nor does its replay.
    assert!(house.redeem(&thief, &code).await.is_err());
    assert!(house.is_accepted(answer.access_token.expose()).await);
}

#[tokio::test]
async fn a_wrong_verifier_or_redirect_uri_burns_the_code() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let other = "another-verifier-that-is-long-enough-to-be-one";
    for wrong in [
        [("redirect_uri", CALLBACK), ("code_verifier", other)],
        [("redirect_uri", CALLBACK), ("code_verifier", "short")],
        [("redirect_uri", CALLBACK), ("code_verifier", "")],
        [
            ("redirect_uri", "https://app.example/"),
            ("code_verifier", VERIFIER),
        ],
        [("redirect_uri", ""), ("code_verifier", VERIFIER)],
    ] {
        let code = house.code(&client, &session, "openid").await;
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("client_id", "app"),
            ("code", &code),
        ];
        pairs.extend(wrong);
        let refused = house.exchange(&pairs).await;
        assert_eq!(code_of(refused), ErrorCode::InvalidGrant, "{wrong:?}");
        let late = house.redeem(&client, &code).await;
        assert_eq!(code_of(late), ErrorCode::InvalidGrant, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let code = house
        .code_with(&client, &session, "openid", |code| code.challenge = None)
        .await;
    let refused = house.redeem(&client, &code).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidGrant);

    let code = house
        .code_with(&client, &session, "openid", |code| code.challenge = None)
        .await;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
    ];
    assert!(house.exchange(&pairs).await.is_ok());
}

#[tokio::test]
async fn a_redirect_uri_that_was_not_sent_need_not_be_repeated() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let code = house
        .code_with(&client, &session, "openid", |code| {
            code.redirect_uri_was_sent = false;
        })
        .await;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    assert!(house.exchange(&pairs).await.is_ok());
}

#[tokio::test]
async fn a_code_lives_for_its_time_and_not_a_millisecond_more() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let code = house.code(&client, &session, "openid").await;
    let late = house.code(&client, &session, "openid").await;
    house
        .clock
        .advance(core::time::Duration::from_millis(59_999));
    assert!(house.redeem(&client, &code).await.is_ok());
    house.clock.advance(core::time::Duration::from_millis(1));
    let expired = house.redeem(&client, &late).await;
    assert_eq!(code_of(expired), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn a_code_of_an_ended_session_or_a_disabled_person_buys_nothing() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    let ada = house.user("ada").await;
    let ended = house.session(&ada).await;
    let session = house.session(&ada).await;
    let of_ended = house.code(&client, &ended, "openid").await;
    let of_live = house.code(&client, &session, "openid").await;
    let of_disabled = house.code(&client, &session, "openid").await;
    let mut announcements = Announcements::new();
    let mut unit = house.foundation.store.write().await.unwrap();
    let (realm, now) = (ada.realm, house.clock.now());
    assert!(
        end_session(&mut *unit, &mut announcements, realm, ended.id, now)
            .await
            .unwrap()
    );
    unit.commit().await.unwrap();
    announcements.apply(&house.foundation);

    let refused = house.redeem(&client, &of_ended).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidGrant);
    assert!(house.redeem(&client, &of_live).await.is_ok());
    let status = UserStatus::Deactivated { since: now };
    house.set_status(&ada, status).await;
    let refused = house.redeem(&client, &of_disabled).await;
    assert_eq!(code_of(refused), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn a_code_of_another_realm_is_unknown() {
    let house = House::new().await;
    let client = house.public_client("app", |_| {}).await;
    house.client_in(&house.other_realm, "app", |_| {}).await;
    let session = house.session(&house.user("ada").await).await;
    let code = house.code(&client, &session, "openid").await;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let foreign = house.exchange_in(&house.other_realm, None, &pairs).await;
    assert_eq!(code_of(foreign), ErrorCode::InvalidGrant);
    assert!(house.trail().await.is_empty());
    assert!(house.exchange(&pairs).await.is_ok());
}

#[tokio::test]
async fn a_resource_must_be_one_that_was_authorized() {
    let house = House::new().await;
    let client = house
        .public_client("app", |client| {
            client.audiences = vec!["https://a.example".into(), "https://b.example".into()];
        })
        .await;
    let session = house.session(&house.user("ada").await).await;
    let ask = async |resource: &str| {
        let code = house
            .code_with(&client, &session, "profile", |code| {
                code.context.resources = vec!["https://b.example".to_owned()];
            })
            .await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", "app"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("resource", resource),
        ];
        house.exchange(&pairs).await
    };
    for resource in ["https://a.example", "https://c.example", "nonsense"] {
        assert_eq!(code_of(ask(resource).await), ErrorCode::InvalidTarget);
    }
    for resource in ["https://b.example", ""] {
        let answer = ask(resource).await.unwrap();
        let access = claims(answer.access_token.expose());
        assert_eq!(access["aud"], "https://b.example");
    }
}

/// Right after the authorization endpoint made it, this node knows what a code stands for.
#[tokio::test]
async fn a_code_that_is_still_at_hand_is_judged_by_its_row() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let house = &desk.house;
    let client = house.public_client("app", |_| {}).await;
    let thief = house.public_client("thief", |_| {}).await;
    let cookie = desk.sign_in("ada").await;
    let first = desk.agree(&client, &cookie, &[], "").await;
    let code = async || told(desk.ask(&client, Some(&cookie), &[]).await)["code"].clone();
    let refused = async |code: &str| code_of(house.redeem(&client, code).await);

    let stolen = house.redeem(&thief, &first["code"]).await;
    assert_eq!(code_of(stolen), ErrorCode::InvalidGrant);
    let answer = house.redeem(&client, &first["code"]).await.unwrap();
    assert!(house.is_accepted(answer.access_token.expose()).await);
    assert_eq!(refused(&first["code"]).await, ErrorCode::InvalidGrant);
    assert!(
        !house.is_accepted(answer.access_token.expose()).await,
        "a replay ends what it gave"
    );

    let elsewhere = code().await;
    let key = code_key(&house.foundation, house.realm.realm.id, &elsewhere).unwrap();
    let mut unit = house.foundation.store.write().await.unwrap();
    unit.tickets().redeem(key, house.clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(refused(&elsewhere).await, ErrorCode::InvalidGrant);

    let late = code().await;
    house.advance(61);
    assert_eq!(refused(&late).await, ErrorCode::InvalidGrant);

    let orphan = code().await;
    let me = desk.who(&cookie).await.unwrap();
    let mut unit = house.foundation.store.write().await.unwrap();
    let mut announcements = Announcements::new();
    let (realm, now) = (house.realm.realm.id, house.clock.now());
    end_session(&mut *unit, &mut announcements, realm, me.session.id, now)
        .await
        .unwrap();
    unit.commit().await.unwrap();
    announcements.apply(&house.foundation);
    assert_eq!(refused(&orphan).await, ErrorCode::InvalidGrant);
}
