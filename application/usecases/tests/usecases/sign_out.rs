//! RP-initiated logout, as a table of who asks with what.

use std::sync::Arc;

use gatelodge_domain::client::ConsentPolicy;
use gatelodge_domain::{Client, RedirectUri};
use gatelodge_usecases::sign_out::{SignOutAnswer, SignOutError, SignedOut};

use crate::desk::{Desk, told};
use crate::house::{facts, parameters};

const BACK: &str = "https://app.example/signed-out?kept=1";

async fn client(desk: &Desk, name: &str) -> Arc<Client> {
    desk.house
        .public_client(name, |client| {
            client.consent = ConsentPolicy::Waived;
            client.post_logout_redirect_uris = vec![RedirectUri::parse(BACK).unwrap()];
        })
        .await
}

async fn tokens(
    desk: &Desk,
    client: &Client,
    cookie: &str,
) -> gatelodge_usecases::token::TokenAnswer {
    let code = told(desk.ask(client, Some(cookie), &[]).await)["code"].clone();
    desk.house.redeem(client, &code).await.unwrap()
}

async fn id_token(desk: &Desk, client: &Client, cookie: &str) -> String {
    let tokens = tokens(desk, client, cookie).await;
    tokens.id_token.unwrap().expose().clone()
}

async fn leave(
    desk: &Desk,
    cookie: Option<&str>,
    pairs: &[(&str, &str)],
) -> Result<SignOutAnswer, SignOutError> {
    let parameters = parameters(pairs);
    let realm = &desk.house.realm;
    desk.sign_out
        .begin(realm, &parameters, cookie, &facts())
        .await
}

fn done(answer: Result<SignOutAnswer, SignOutError>) -> SignedOut {
    match answer {
        Ok(SignOutAnswer::Done(signed_out)) => signed_out,
        other => panic!("not signed out: {other:?}"),
    }
}

fn asked(answer: Result<SignOutAnswer, SignOutError>) -> String {
    match answer {
        Ok(SignOutAnswer::Confirm { request, .. }) => request,
        other => panic!("the person was not asked: {other:?}"),
    }
}

#[tokio::test]
async fn a_hint_of_this_session_ends_it_at_once_with_its_tokens() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = client(&desk, "app").await;
    let cookie = desk.sign_in("ada").await;
    let tokens = tokens(&desk, &client, &cookie).await;
    let hint = tokens.id_token.unwrap().expose().clone();
    desk.house.advance(2_000);
    let pairs = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", BACK),
        ("state", "a b"),
    ];
    let signed_out = done(leave(&desk, Some(&cookie), &pairs).await);
    assert_eq!(
        signed_out.location.as_deref(),
        Some("https://app.example/signed-out?kept=1&state=a%20b")
    );
    assert!(desk.who(&cookie).await.is_none());
    assert!(!desk.house.is_accepted(tokens.access_token.expose()).await);
    let refresh = tokens.refresh_token.unwrap();
    assert!(desk.house.refresh(&client, refresh.expose()).await.is_err());
    let (action, how) = desk
        .house
        .story()
        .await
        .into_iter()
        .rev()
        .find(|(action, _)| action == "sign_out")
        .unwrap();
    assert_eq!((action.as_str(), how.as_str()), ("sign_out", "success"));
    // The same again: nobody is there, and the person still gets back.
    assert!(
        done(leave(&desk, Some(&cookie), &pairs).await)
            .location
            .is_some()
    );
}

#[tokio::test]
async fn without_a_hint_of_this_session_the_person_is_asked() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.person("eve").await;
    let client = client(&desk, "app").await;
    let earlier = desk.sign_in("ada").await;
    let of_earlier = id_token(&desk, &client, &earlier).await;
    let eves = desk.sign_in("eve").await;
    let of_eve = id_token(&desk, &client, &eves).await;
    let cookie = desk.sign_in("ada").await;
    for pairs in [
        vec![],
        vec![("client_id", "app")],
        vec![("client_id", "app"), ("post_logout_redirect_uri", BACK)],
        vec![("id_token_hint", of_earlier.as_str())],
        vec![
            ("id_token_hint", &of_eve),
            ("post_logout_redirect_uri", BACK),
        ],
    ] {
        asked(leave(&desk, Some(&cookie), &pairs).await);
        assert!(desk.who(&cookie).await.is_some(), "{pairs:?}");
    }
    let pairs = [("client_id", "app"), ("post_logout_redirect_uri", BACK)];
    let sealed = asked(leave(&desk, Some(&cookie), &pairs).await);
    let me = desk.who(&cookie).await.unwrap();
    let realm = &desk.house.realm;
    let signed_out = desk.sign_out.confirm(realm, &sealed, &me, &facts()).await;
    assert_eq!(signed_out.unwrap().location.as_deref(), Some(BACK));
    assert!(desk.who(&cookie).await.is_none());
    assert!(desk.who(&eves).await.is_some());
}

#[tokio::test]
async fn a_place_that_is_not_registered_is_never_gone_to() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = client(&desk, "app").await;
    let cookie = desk.sign_in("ada").await;
    let hint = id_token(&desk, &client, &cookie).await;
    for place in [
        "https://evil.example/",
        "https://app.example/signed-out",
        "https://app.example/signed-out?kept=1&more=2",
        "//evil.example",
        "javascript:alert(1)",
        crate::house::CALLBACK,
    ] {
        let pairs = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", place),
        ];
        let answer = leave(&desk, Some(&cookie), &pairs).await;
        assert!(
            matches!(answer, Err(SignOutError::UntrustedClient(_))),
            "{place}"
        );
    }
    let anonymous = [("post_logout_redirect_uri", BACK)];
    let answer = leave(&desk, Some(&cookie), &anonymous).await;
    assert!(matches!(answer, Err(SignOutError::UntrustedClient(_))));
    assert!(desk.who(&cookie).await.is_some(), "a refusal does nothing");
}

#[tokio::test]
async fn a_request_that_contradicts_itself_is_refused() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let app = client(&desk, "app").await;
    client(&desk, "other").await;
    let cookie = desk.sign_in("ada").await;
    let hint = id_token(&desk, &app, &cookie).await;
    for pairs in [
        vec![("id_token_hint", hint.as_str()), ("client_id", "other")],
        vec![("id_token_hint", "nonsense")],
        vec![("id_token_hint", &hint), ("id_token_hint", &hint)],
        vec![("id_token_hint", &hint), ("state", "a"), ("state", "b")],
    ] {
        let answer = leave(&desk, Some(&cookie), &pairs).await;
        assert!(
            matches!(answer, Err(SignOutError::BadRequest(_))),
            "{pairs:?}"
        );
    }
    let unknown = [("client_id", "nobody")];
    let answer = leave(&desk, Some(&cookie), &unknown).await;
    assert!(matches!(answer, Err(SignOutError::UntrustedClient(_))));
    assert!(desk.who(&cookie).await.is_some());
    let right = [("id_token_hint", hint.as_str()), ("client_id", "app")];
    done(leave(&desk, Some(&cookie), &right).await);
}

#[tokio::test]
async fn a_post_is_sealed_and_is_no_authorization_request() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = client(&desk, "app").await;
    let cookie = desk.sign_in("ada").await;
    let hint = id_token(&desk, &client, &cookie).await;
    let realm = &desk.house.realm;
    let posted = parameters(&[("id_token_hint", &hint)]);
    let sealed = desk.sign_out.seal(realm, &posted).unwrap();
    let authorize = parameters(&[("request", &sealed)]);
    let answer = desk
        .authorize
        .begin(realm, &authorize, Some(&cookie), &facts())
        .await;
    crate::desk::shown(answer);
    done(leave(&desk, Some(&cookie), &[("request", &sealed)]).await);
    assert!(desk.who(&cookie).await.is_none());
}
