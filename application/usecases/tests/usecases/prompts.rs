//! `prompt`, `max_age` and `id_token_hint` (OpenID Connect Core §3.1.2.1).

use std::sync::Arc;

use gatelodge_domain::Client;
use gatelodge_domain::client::ConsentPolicy;

use crate::desk::{Desk, consent, error, sign_in, told};

/// An operator's own application, which asks for no consent.
async fn own(desk: &Desk) -> Arc<Client> {
    desk.house
        .public_client("own", |client| client.consent = ConsentPolicy::Waived)
        .await
}

/// An ID token of that browser.
async fn id_token(desk: &Desk, client: &Client, cookie: &str) -> String {
    let code = told(desk.ask(client, Some(cookie), &[]).await)["code"].clone();
    let tokens = desk.house.redeem(client, &code).await.unwrap();
    tokens.id_token.unwrap().expose().clone()
}

#[tokio::test]
async fn a_stranger_signs_in_and_the_request_goes_on() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = own(&desk).await;
    let ask = sign_in(desk.ask(&client, None, &[]).await);
    desk.house.advance(5);
    let cookie = desk.sign_in("ada").await;
    let told = told(Ok(desk.go_on(&ask.request, Some(&cookie)).await));
    assert_eq!(told["state"], "the-state");
    assert_eq!(told["iss"], "https%3A%2F%2Fid.example");
    assert!(desk.house.redeem(&client, &told["code"]).await.is_ok());
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let own = own(&desk).await;
    let asks = desk.house.public_client("asks", |_| {}).await;
    let silent = [("prompt", "none")];
    assert_eq!(error(desk.ask(&own, None, &silent).await), "login_required");
    let cookie = desk.sign_in("ada").await;
    let mine = Some(cookie.as_str());
    assert!(told(desk.ask(&own, mine, &silent).await).contains_key("code"));
    assert_eq!(
        error(desk.ask(&asks, mine, &silent).await),
        "consent_required"
    );
    desk.house.advance(10);
    let old = [("prompt", "none"), ("max_age", "9")];
    assert_eq!(error(desk.ask(&own, mine, &old).await), "login_required");
    let young = [("prompt", "none"), ("max_age", "10")];
    assert!(told(desk.ask(&own, mine, &young).await).contains_key("code"));
}

#[tokio::test]
async fn prompt_login_and_max_age_zero_ask_once_and_then_go_on() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = own(&desk).await;
    let mut cookie = desk.sign_in("ada").await;
    for further in [
        ("prompt", "login"),
        ("prompt", "select_account"),
        ("max_age", "0"),
        ("max_age", "3"),
    ] {
        desk.house.advance(5);
        let ask = sign_in(desk.ask(&client, Some(&cookie), &[further]).await);
        sign_in(Ok(desk.go_on(&ask.request, Some(&cookie)).await));
        desk.house.advance(5);
        cookie = desk.sign_in_again("ada", Some(&cookie)).await;
        let told = told(Ok(desk.go_on(&ask.request, Some(&cookie)).await));
        assert!(told.contains_key("code"), "{further:?}");
        let tokens = desk.house.redeem(&client, &told["code"]).await.unwrap();
        let claims = crate::house::claims(tokens.id_token.unwrap().expose());
        let me = desk.who(&cookie).await.unwrap();
        let at = me.session.authentication.at.as_seconds();
        assert_eq!(claims["auth_time"], at, "{further:?}");
    }
}

#[tokio::test]
async fn a_clients_default_max_age_holds_where_the_request_says_nothing() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = desk
        .house
        .public_client("strict", |client| {
            client.consent = ConsentPolicy::Waived;
            client.metadata.default_max_age = Some(60);
        })
        .await;
    let cookie = desk.sign_in("ada").await;
    desk.house.advance(60);
    assert!(told(desk.ask(&client, Some(&cookie), &[]).await).contains_key("code"));
    desk.house.advance(1);
    sign_in(desk.ask(&client, Some(&cookie), &[]).await);
    let looser = [("max_age", "100")];
    assert!(told(desk.ask(&client, Some(&cookie), &looser).await).contains_key("code"));
}

#[tokio::test]
async fn prompt_consent_asks_even_where_it_was_waived() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = own(&desk).await;
    let cookie = desk.sign_in("ada").await;
    consent(
        desk.ask(&client, Some(&cookie), &[("prompt", "consent")])
            .await,
    );
    let both = [("prompt", "login consent")];
    desk.house.advance(5);
    let ask = sign_in(desk.ask(&client, Some(&cookie), &both).await);
    desk.house.advance(5);
    let cookie = desk.sign_in_again("ada", Some(&cookie)).await;
    consent(Ok(desk.go_on(&ask.request, Some(&cookie)).await));
}

#[tokio::test]
async fn a_hint_of_the_person_who_is_here_is_followed_even_when_it_expired() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = own(&desk).await;
    let cookie = desk.sign_in("ada").await;
    let hint = id_token(&desk, &client, &cookie).await;
    desk.house.advance(4_000);
    let further = [("prompt", "none"), ("id_token_hint", &hint)];
    assert!(told(desk.ask(&client, Some(&cookie), &further).await).contains_key("code"));
}

#[tokio::test]
async fn a_hint_of_another_person_asks_for_a_sign_in_and_accepts_no_third() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.person("eve").await;
    let client = own(&desk).await;
    let adas = desk.sign_in("ada").await;
    let hint = id_token(&desk, &client, &adas).await;
    let eves = desk.sign_in("eve").await;
    desk.house.advance(5);
    let silent = [("prompt", "none"), ("id_token_hint", &hint)];
    assert_eq!(
        error(desk.ask(&client, Some(&eves), &silent).await),
        "login_required"
    );
    let ask = sign_in(
        desk.ask(&client, Some(&eves), &[("id_token_hint", &hint)])
            .await,
    );
    desk.house.advance(5);
    let again = desk.sign_in_again("eve", Some(&eves)).await;
    let answer = desk.go_on(&ask.request, Some(&again)).await;
    assert_eq!(error(Ok(answer)), "login_required");
    let right = desk.sign_in_again("ada", Some(&again)).await;
    assert!(told(Ok(desk.go_on(&ask.request, Some(&right)).await)).contains_key("code"));
}

#[tokio::test]
async fn a_hint_that_is_forged_or_was_issued_to_another_client_is_refused() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = own(&desk).await;
    let other = desk
        .house
        .public_client("other", |client| client.consent = ConsentPolicy::Waived)
        .await;
    let cookie = desk.sign_in("ada").await;
    let theirs = id_token(&desk, &other, &cookie).await;
    let mine = id_token(&desk, &client, &cookie).await;
    let code = told(desk.ask(&client, Some(&cookie), &[]).await)["code"].clone();
    let access = desk.house.redeem(&client, &code).await.unwrap();
    let access = access.access_token.expose().clone();
    let (signed, signature) = mine.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{other}{}", &signature[1..]);
    let cut = format!("{signed}.");
    for hint in [theirs, access, forged, cut] {
        let answer = desk
            .ask(&client, Some(&cookie), &[("id_token_hint", &hint)])
            .await;
        assert_eq!(error(answer), "invalid_request");
    }
    let answer = desk
        .ask(&client, Some(&cookie), &[("id_token_hint", &mine)])
        .await;
    assert!(told(answer).contains_key("code"));
}

#[tokio::test]
async fn a_code_bears_what_the_request_said() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let client = own(&desk).await;
    let cookie = desk.sign_in("ada").await;
    let further = [("nonce", "the-nonce"), ("scope", "openid profile")];
    let code = told(desk.ask(&client, Some(&cookie), &further).await)["code"].clone();
    let tokens = desk.house.redeem(&client, &code).await.unwrap();
    let id_token = crate::house::claims(tokens.id_token.unwrap().expose());
    let me = desk.who(&cookie).await.unwrap();
    assert_eq!(id_token["nonce"], "the-nonce");
    assert_eq!(id_token["sub"], ada.subject.as_str());
    assert_eq!(id_token["sid"], me.session.id.to_string());
    assert_eq!(tokens.scopes.to_string(), "openid profile");
    let story = desk.house.story().await;
    let story: Vec<_> = story.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(story, ["sign_in", "code.issued", "token.issued"]);
}
