//! A browser's session through its life.

use gatelodge_domain::Setting;
use gatelodge_domain::user::UserStatus;
use gatelodge_ports::Clock as _;
use gatelodge_usecases::sessions::CsrfTokens;

use crate::desk::Desk;
use crate::house::facts;

#[tokio::test]
async fn a_session_that_is_used_stays_and_an_idle_one_ends() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let cookie = desk.sign_in("ada").await;
    let idle = u64::from(Setting::SessionIdleLifetime.spec().default);
    desk.house.advance(idle - 1);
    assert!(desk.who(&cookie).await.is_some());
    desk.house.advance(idle - 1);
    assert!(desk.who(&cookie).await.is_some(), "its use was noted");
    desk.house.advance(idle);
    assert!(desk.who(&cookie).await.is_none());
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_its_person() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let cookie = desk.sign_in("ada").await;
    for _ in 0..23 {
        desk.house.advance(3_600);
        assert!(desk.who(&cookie).await.is_some());
    }
    desk.house.advance(3_600);
    assert!(
        desk.who(&cookie).await.is_none(),
        "after a day at the latest"
    );
    let cookie = desk.sign_in("ada").await;
    assert!(desk.who(&cookie).await.is_some());
    let since = desk.house.clock.now();
    desk.house
        .set_status(&ada, UserStatus::Deactivated { since })
        .await;
    assert!(desk.who(&cookie).await.is_none());
}

#[tokio::test]
async fn what_is_no_cookie_of_ours_signs_nobody_in() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let cookie = desk.sign_in("ada").await;
    let me = desk.who(&cookie).await.unwrap();
    let now = desk.house.clock.now();
    let sid = me.session.id.to_string();
    for other in ["", "gl_se_", sid.as_str(), &cookie[..cookie.len() - 1]] {
        assert!(desk.who(other).await.is_none(), "{other}");
    }
    let elsewhere = desk.current.of(&desk.house.other_realm, Some(&cookie), now);
    assert!(elsewhere.await.unwrap().is_none(), "another realm");
}

#[tokio::test]
async fn a_person_sees_and_ends_their_own_sessions_and_nobody_elses() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.person("eve").await;
    let here = desk.sign_in("ada").await;
    let there = desk.sign_in("ada").await;
    let eves = desk.sign_in("eve").await;
    let me = desk.who(&here).await.unwrap();
    let other = desk.who(&there).await.unwrap().session.id;
    let eve = desk.who(&eves).await.unwrap().session.id;
    let realm = &desk.house.realm;
    let now = desk.house.clock.now();
    let listed = desk.own.list(realm, &me, now).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|session| session.id).collect();
    assert_eq!(ids, [me.session.id, other]);
    assert!(desk.own.end(realm, &me, eve, &facts()).await.is_err());
    assert!(desk.who(&eves).await.is_some());
    desk.own.end(realm, &me, other, &facts()).await.unwrap();
    assert!(desk.who(&there).await.is_none());
    assert!(desk.who(&here).await.is_some());
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_sessions_and_their_tokens() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let client = desk.house.public_client("app", |_| {}).await;
    let here = desk.sign_in("ada").await;
    let there = desk.sign_in("ada").await;
    let code = desk.agree(&client, &there, &[], "openid").await["code"].clone();
    let tokens = desk.house.redeem(&client, &code).await.unwrap();
    assert!(desk.house.is_accepted(tokens.access_token.expose()).await);
    let me = desk.who(&here).await.unwrap();
    let realm = &desk.house.realm;
    let ended = desk.own.end_everywhere(realm, &me, &facts()).await.unwrap();
    assert_eq!(ended, 2);
    assert!(desk.who(&here).await.is_none());
    assert!(desk.who(&there).await.is_none());
    assert!(!desk.house.is_accepted(tokens.access_token.expose()).await);
}

#[tokio::test]
async fn a_form_token_fits_its_own_browser_only() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let foundation = &desk.house.foundation;
    let csrf = CsrfTokens::new(foundation.rng.clone(), foundation.vault.clone());
    let here = desk.who(&desk.sign_in("ada").await).await.unwrap().session;
    let there = desk.who(&desk.sign_in("ada").await).await.unwrap().session;
    let token = csrf.for_session(&here);
    assert!(csrf.fits_session(&here, &token));
    assert!(!csrf.fits_session(&there, &token));
    let realm = desk.house.realm.realm.id;
    let (mine, other) = (csrf.stranger(), csrf.stranger());
    let token = csrf.for_stranger(realm, &mine);
    assert!(csrf.fits_stranger(realm, &mine, &token));
    for (realm, cookie, token) in [
        (realm, other.as_str(), token.as_str()),
        (realm, &mine, ""),
        (realm, &mine, "AAAA"),
        (desk.house.other_realm.realm.id, &mine, &token),
    ] {
        assert!(!csrf.fits_stranger(realm, cookie, token));
    }
}
