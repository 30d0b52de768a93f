//! Consent: asked, narrowed, remembered, withdrawn (OpenID Connect Core §3.1.2.4, §11).

use gatelodge_domain::Subject;
use gatelodge_domain::audit::{AuditAction, AuditActor, Outcome};
use gatelodge_domain::client::ConsentPolicy;
use gatelodge_usecases::authorize::ConsentAnswer;
use gatelodge_usecases::consents::WithdrawConsent;

use crate::desk::{Desk, allow, consent, error, sign_in, told};
use crate::house::facts;

const MORE: (&str, &str) = ("scope", "openid profile email");

#[tokio::test]
async fn a_yes_is_remembered_per_client_and_scope() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.person("eve").await;
    let client = desk.house.public_client("app", |_| {}).await;
    let other = desk.house.public_client("other", |_| {}).await;
    let cookie = desk.sign_in("ada").await;
    let mine = Some(cookie.as_str());
    let ask = consent(desk.ask(&client, mine, &[]).await);
    assert_eq!(ask.scopes.to_string(), "openid");
    assert_eq!(ask.signed_in.user.username.as_str(), "ada");
    let yes = desk.decide(&ask.request, &cookie, &allow("")).await;
    assert!(
        told(Ok(yes)).contains_key("code"),
        "openid cannot be refused"
    );
    assert!(told(desk.ask(&client, mine, &[]).await).contains_key("code"));
    consent(desk.ask(&client, mine, &[MORE]).await);
    consent(desk.ask(&other, mine, &[]).await);
    let eves = desk.sign_in("eve").await;
    consent(desk.ask(&client, Some(&eves), &[]).await);
}

#[tokio::test]
async fn an_unticked_scope_is_not_granted_and_asked_for_again() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = desk.house.public_client("app", |_| {}).await;
    let cookie = desk.sign_in("ada").await;
    let yes = desk
        .agree(&client, &cookie, &[MORE], "email roles admin")
        .await;
    let tokens = desk.house.redeem(&client, &yes["code"]).await.unwrap();
    assert_eq!(tokens.scopes.to_string(), "email openid");
    consent(desk.ask(&client, Some(&cookie), &[MORE]).await);
    let less = [("scope", "openid email")];
    assert!(told(desk.ask(&client, Some(&cookie), &less).await).contains_key("code"));
    // Asked again, a no to what was granted before takes it back.
    let again = [("scope", "openid email"), ("prompt", "consent")];
    desk.agree(&client, &cookie, &again, "").await;
    consent(desk.ask(&client, Some(&cookie), &less).await);
}

#[tokio::test]
async fn a_no_goes_back_and_into_the_trail_and_gives_nothing() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = desk.house.public_client("app", |_| {}).await;
    let cookie = desk.sign_in("ada").await;
    let ask = consent(desk.ask(&client, Some(&cookie), &[]).await);
    let no = desk
        .decide(&ask.request, &cookie, &ConsentAnswer::Deny)
        .await;
    let no = told(Ok(no));
    assert_eq!(no["error"], "access_denied");
    assert_eq!(no["state"], "the-state");
    let last = desk.house.trail().await.pop().unwrap();
    assert_eq!(last.action, AuditAction::ConsentDecided);
    assert_eq!(last.outcome, Outcome::Denied);
    consent(desk.ask(&client, Some(&cookie), &[]).await);
    let oauth = [("scope", "profile")];
    let ask = consent(desk.ask(&client, Some(&cookie), &oauth).await);
    let nothing = desk.decide(&ask.request, &cookie, &allow("")).await;
    assert_eq!(error(Ok(nothing)), "access_denied", "all boxes unticked");
}

#[tokio::test]
async fn an_answer_counts_for_the_person_who_is_signed_in_only() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = desk.house.public_client("app", |_| {}).await;
    let cookie = desk.sign_in("ada").await;
    let ask = consent(desk.ask(&client, Some(&cookie), &[]).await);
    let me = desk.who(&cookie).await.unwrap();
    let realm = &desk.house.realm;
    desk.own
        .end(realm, &me, me.session.id, &facts())
        .await
        .unwrap();
    let late = desk.decide(&ask.request, &cookie, &allow("openid")).await;
    sign_in(Ok(late));
}

#[tokio::test]
async fn a_yes_does_not_stand_for_the_sign_in_that_was_asked_for() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = desk.house.public_client("app", |_| {}).await;
    let cookie = desk.sign_in("ada").await;
    desk.house.advance(5);
    let ask = sign_in(
        desk.ask(&client, Some(&cookie), &[("prompt", "login")])
            .await,
    );
    let early = desk.decide(&ask.request, &cookie, &allow("openid")).await;
    sign_in(Ok(early));
}

#[tokio::test]
async fn offline_access_needs_prompt_consent_or_a_remembered_or_waived_yes() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = desk.house.public_client("app", |_| {}).await;
    let waived = desk
        .house
        .public_client("own", |client| client.consent = ConsentPolicy::Waived)
        .await;
    let no_refresh = desk
        .house
        .public_client("brief", |client| {
            client.grant_types.remove("refresh_token");
        })
        .await;
    let cookie = desk.sign_in("ada").await;
    let mine = Some(cookie.as_str());
    let offline = ("scope", "openid offline_access");
    let asked = [offline, ("prompt", "consent")];
    let dropped = consent(desk.ask(&client, mine, &[offline]).await);
    assert_eq!(dropped.scopes.to_string(), "openid");
    let offered = consent(desk.ask(&client, mine, &asked).await);
    assert_eq!(offered.scopes.to_string(), "offline_access openid");
    let ticked = allow("offline_access openid");
    let yes = told(Ok(desk.decide(&offered.request, &cookie, &ticked).await));
    let tokens = desk.house.redeem(&client, &yes["code"]).await.unwrap();
    assert!(tokens.scopes.contains("offline_access"));
    let again = told(desk.ask(&client, mine, &[offline]).await);
    let tokens = desk.house.redeem(&client, &again["code"]).await.unwrap();
    assert!(tokens.scopes.contains("offline_access"), "remembered");
    let own = told(desk.ask(&waived, mine, &[offline]).await);
    let tokens = desk.house.redeem(&waived, &own["code"]).await.unwrap();
    assert!(tokens.scopes.contains("offline_access"), "waived");
    let never = consent(desk.ask(&no_refresh, mine, &asked).await);
    assert_eq!(
        never.scopes.to_string(),
        "openid",
        "nothing to refresh with"
    );
}

#[tokio::test]
async fn a_withdrawn_consent_takes_back_what_it_gave() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let client = desk.house.public_client("app", |_| {}).await;
    let other = desk.house.public_client("other", |_| {}).await;
    let cookie = desk.sign_in("ada").await;
    let mut tokens = Vec::new();
    for client in [&client, &other] {
        let code = desk.agree(client, &cookie, &[], "openid").await["code"].clone();
        tokens.push(desk.house.redeem(client, &code).await.unwrap());
    }
    let withdraw = WithdrawConsent::new(desk.house.foundation.clone());
    let actor = AuditActor::Subject(Subject::User(ada.id));
    let pair = (ada.id, client.id);
    withdraw
        .withdraw(ada.realm, pair, actor, &facts())
        .await
        .unwrap();
    assert!(
        !desk
            .house
            .is_accepted(tokens[0].access_token.expose())
            .await
    );
    assert!(
        desk.house
            .is_accepted(tokens[1].access_token.expose())
            .await
    );
    let refresh = tokens[0].refresh_token.as_ref().unwrap();
    assert!(desk.house.refresh(&client, refresh.expose()).await.is_err());
    let refresh = tokens[1].refresh_token.as_ref().unwrap();
    assert!(desk.house.refresh(&other, refresh.expose()).await.is_ok());
    consent(desk.ask(&client, Some(&cookie), &[]).await);
    let again = withdraw.withdraw(ada.realm, pair, actor, &facts()).await;
    assert!(again.is_err(), "there is none left");
}
