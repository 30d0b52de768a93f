//! How many sign-ins somebody may have at once.

use std::sync::Arc;

use gatelodge_domain::session::Persistence;
use gatelodge_domain::{AuditAction, Setting};
use gatelodge_usecases::mfa::Begun;
use gatelodge_usecases::realms::ServedRealm;
use tokio::task::JoinSet;

use crate::desk::{Desk, PASSWORD};
use crate::house::facts;

/// The realm with that limit.
fn limited(desk: &Desk, most: u32) -> ServedRealm {
    let mut realm = (*desk.house.realm).clone();
    let settings = &mut realm.realm.settings;
    settings.set(Setting::SessionsPerUser, most).unwrap();
    realm
}

/// Signs somebody in to a fresh browser, and answers its cookie.
async fn sign_in(desk: &Desk, realm: &ServedRealm, name: &str) -> String {
    let proven = desk.attempt(name, PASSWORD).await.unwrap();
    let persistence = Persistence::BrowserSession;
    let begun = desk
        .steps
        .begin(realm, proven, name, persistence, None, &facts())
        .await;
    let Ok(Begun::Cleared(cleared)) = begun else {
        panic!("more is asked: {begun:?}");
    };
    let entered = desk
        .steps
        .enter(realm, cleared, persistence, None, &facts())
        .await
        .unwrap();
    entered.session.secret.expose().clone()
}

async fn ended_by_the_limit(desk: &Desk, action: AuditAction) -> usize {
    let is_one = |event: &gatelodge_domain::AuditEvent| {
        let facts = event.facts.as_deref().unwrap_or_default();
        event.action == action && facts.contains("limit")
    };
    desk.house
        .trail()
        .await
        .iter()
        .filter(|it| is_one(it))
        .count()
}

#[tokio::test]
async fn one_sign_in_too_many_ends_the_oldest_with_its_tokens() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.person("eve").await;
    let realm = limited(&desk, 2);
    let client = desk.house.public_client("app", |_| {}).await;
    let eve = sign_in(&desk, &realm, "eve").await;
    let first = sign_in(&desk, &realm, "ada").await;
    let code = desk.agree(&client, &first, &[], "openid").await["code"].clone();
    let tokens = desk.house.redeem(&client, &code).await.unwrap();
    desk.house.advance(1);
    let second = sign_in(&desk, &realm, "ada").await;
    assert!(desk.who(&first).await.is_some(), "two are allowed");
    assert_eq!(
        ended_by_the_limit(&desk, AuditAction::SessionEnded).await,
        0
    );
    desk.house.advance(1);
    let third = sign_in(&desk, &realm, "ada").await;
    assert!(desk.who(&first).await.is_none());
    assert!(!desk.house.is_accepted(tokens.access_token.expose()).await);
    for cookie in [&second, &third, &eve] {
        assert!(desk.who(cookie).await.is_some());
    }
    assert_eq!(
        ended_by_the_limit(&desk, AuditAction::SessionEnded).await,
        1
    );
}

#[tokio::test]
async fn many_sign_ins_at_once_never_exceed_the_limit() {
    let desk = Arc::new(Desk::new().await);
    desk.person("ada").await;
    let realm = Arc::new(limited(&desk, 3));
    let mut all = JoinSet::new();
    for _ in 0..12 {
        let (desk, realm) = (desk.clone(), realm.clone());
        all.spawn(async move { sign_in(&desk, &realm, "ada").await });
    }
    let cookies = all.join_all().await;
    let mut live = 0;
    for cookie in &cookies {
        live += usize::from(desk.who(cookie).await.is_some());
    }
    assert_eq!(live, 3);
    assert_eq!(
        ended_by_the_limit(&desk, AuditAction::SessionEnded).await,
        9
    );
}

#[tokio::test]
async fn what_was_signed_out_or_is_idle_does_not_count() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let realm = limited(&desk, 2);
    let gone = sign_in(&desk, &realm, "ada").await;
    desk.house.advance(1);
    let kept = sign_in(&desk, &realm, "ada").await;
    let me = desk.who(&gone).await.unwrap();
    let id = me.session.id;
    desk.own.end(&realm, &me, id, &facts()).await.unwrap();
    desk.house.advance(1);
    let new = sign_in(&desk, &realm, "ada").await;
    for cookie in [&kept, &new] {
        assert!(desk.who(cookie).await.is_some());
    }
}

#[tokio::test]
async fn a_client_may_be_used_from_so_many_sign_ins_and_pages_that_ask_again_are_one() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let app = desk
        .house
        .public_client("app", |client| {
            let settings = &mut client.settings;
            settings.set(Setting::SessionsPerClient, 2).unwrap();
        })
        .await;
    let free = desk.house.public_client("free", |_| {}).await;
    let mut sign_ins = Vec::new();
    for _ in 0..3 {
        let cookie = desk.sign_in("ada").await;
        let mut tokens = Vec::new();
        for client in [&app, &app, &free] {
            let prompt = [("prompt", "consent")];
            let code = desk.agree(client, &cookie, &prompt, "openid").await["code"].clone();
            tokens.push(desk.house.redeem(client, &code).await.unwrap());
            desk.house.advance(1);
        }
        sign_ins.push((cookie, tokens));
    }
    let mut good = Vec::new();
    for (cookie, tokens) in &sign_ins {
        assert!(desk.who(cookie).await.is_some(), "the browser stays");
        for answer in tokens {
            good.push(desk.house.is_accepted(answer.access_token.expose()).await);
        }
    }
    let expected = [[false, false, true], [true, true, true], [true, true, true]];
    assert_eq!(good, expected.concat());
    let refreshed = sign_ins[0].1[0].refresh_token.as_ref().unwrap();
    let refused = desk.house.refresh(&app, refreshed.expose()).await;
    assert!(refused.is_err(), "its refresh tokens ended too");
    assert_eq!(ended_by_the_limit(&desk, AuditAction::GrantEnded).await, 2);
}
