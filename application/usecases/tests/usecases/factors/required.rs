//! Who is let in nowhere without a second factor: by the realm, a client, a wish.

use gatelodge_domain::client::ConsentPolicy;
use gatelodge_domain::user::PasswordChange;
use gatelodge_domain::{Acr, AuditAction, FactorKind, Setting, User};
use gatelodge_usecases::authorize::{Answer, StepPage};
use gatelodge_usecases::mfa::{EnrolError, FactorAnswer, OwnFactorsError, Step};
use gatelodge_usecases::realms::ServedRealm;

use super::{App, at, enrol, enrol_in, name, own, password, prove};
use crate::desk::{Desk, PASSWORD, error, told};
use crate::house::{claims, facts};

/// The realm, asking everybody for a second factor.
fn strict(desk: &Desk) -> ServedRealm {
    let mut realm = ServedRealm::clone(&desk.house.realm);
    let asks = Setting::RequireSecondFactor;
    realm.realm.settings.set(asks, 1).unwrap();
    realm
}

#[tokio::test]
async fn a_realm_that_asks_for_two_factors_lets_nobody_in_without() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let realm = strict(&desk);
    let cookie = password(&desk, &realm, "ada").await;
    let here = at(&desk, &cookie).await.unwrap();
    let step = desk.steps.step(&realm, &here, None).await.unwrap();
    assert!(matches!(step, Step::Enrol), "{step:?}");
    let begun = desk
        .steps
        .begin_enrolment(&realm, &here, FactorKind::Totp)
        .unwrap();
    let app = App::scan(&begun.offer);
    let finish = async |sealed: &str, code: &str| {
        let answer = (code, name("Phone"));
        desk.steps
            .finish_enrolment(&realm, (&here, &step), sealed, answer, None, &facts())
            .await
    };
    let refused = finish(&begun.sealed, "000000").await;
    assert!(matches!(refused, Err(EnrolError::Wrong)), "{refused:?}");
    let refused = finish("AAAA", &app.code(&desk, 0)).await;
    assert!(matches!(refused, Err(EnrolError::Expired)), "{refused:?}");
    let (entered, codes) = finish(&begun.sealed, &app.code(&desk, 0)).await.unwrap();
    assert_eq!(codes.unwrap().0.len(), 10);
    let me = desk.who(entered.session.secret.expose()).await.unwrap();
    assert_eq!(me.session.authentication.context, Acr::TwoFactors);
    // The same form again enrols nothing and signs nobody in.
    let again = finish(&begun.sealed, &app.code(&desk, 1)).await;
    assert!(matches!(again, Err(EnrolError::Full)), "{again:?}");
}

#[tokio::test]
async fn a_right_password_adds_no_factor_to_those_that_are_there() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    enrol(&desk, "ada").await;
    let realm = &desk.house.realm;
    let cookie = password(&desk, realm, "ada").await;
    let here = at(&desk, &cookie).await.unwrap();
    let step = desk.steps.step(realm, &here, None).await.unwrap();
    let begun = desk
        .steps
        .begin_enrolment(realm, &here, FactorKind::Totp)
        .unwrap();
    let code = App::scan(&begun.offer).code(&desk, 0);
    let answer = (code.as_str(), name("Mallory"));
    let refused = desk
        .steps
        .finish_enrolment(realm, (&here, &step), &begun.sealed, answer, None, &facts())
        .await;
    assert!(matches!(refused, Err(EnrolError::Full)), "{refused:?}");
}

#[tokio::test]
async fn a_client_that_needs_two_factors_raises_the_session() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let cookie = desk.sign_in("ada").await;
    let me = desk.who(&cookie).await.unwrap();
    let client = desk
        .house
        .public_client("bank", |client| {
            client.consent = ConsentPolicy::Waived;
            let asks = Setting::RequireSecondFactor;
            client.settings.set(asks, 1).unwrap();
        })
        .await;
    let mine = Some(cookie.as_str());
    let silent = [("prompt", "none")];
    let refused = error(desk.ask(&client, mine, &silent).await);
    assert_eq!(refused, "interaction_required");
    let answer = desk.ask(&client, mine, &[]).await.unwrap();
    let Answer::Step(StepPage::SecondFactor, ask) = answer else {
        panic!("no step: {answer:?}");
    };
    let realm = &desk.house.realm;
    let here = desk.steps.current(realm, None, Some(me.clone())).await;
    let here = here.unwrap().unwrap();
    let step = desk.steps.step(realm, &here, Some(&client)).await.unwrap();
    assert!(matches!(step, Step::Enrol), "{step:?}");
    let begun = desk
        .steps
        .begin_enrolment(realm, &here, FactorKind::Totp)
        .unwrap();
    let code = App::scan(&begun.offer).code(&desk, 0);
    let answer = (code.as_str(), name("Phone"));
    let (entered, _) = desk
        .steps
        .finish_enrolment(realm, (&here, &step), &begun.sealed, answer, None, &facts())
        .await
        .unwrap();
    assert_eq!(entered.session.session.id, me.session.id, "the same sid");
    assert!(desk.who(&cookie).await.is_none(), "under a new secret");
    let raised = entered.session.secret.expose();
    let told = told(Ok(desk.go_on(&ask.request, Some(raised)).await));
    assert!(told.contains_key("code"), "{told:?}");
}

#[tokio::test]
async fn an_old_session_enrols_nothing() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let realm = strict(&desk);
    let cookie = desk.sign_in("ada").await;
    desk.house.advance(700);
    let me = desk.who(&cookie).await.unwrap();
    let here = desk.steps.current(&realm, None, Some(me.clone())).await;
    let here = here.unwrap().unwrap();
    let step = desk.steps.step(&realm, &here, None).await.unwrap();
    assert!(matches!(step, Step::SignInAgain), "{step:?}");
    let refused = own(&desk).begin(&realm, &me, FactorKind::Totp);
    assert!(matches!(refused, Err(EnrolError::SignInAgain)));
    let refused = own(&desk).renew_codes(&realm, &me, &facts()).await;
    assert!(matches!(refused, Err(OwnFactorsError::SignInAgain)));
}

#[tokio::test]
async fn acr_values_are_a_wish() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let client = desk
        .house
        .public_client("own", |client| client.consent = ConsentPolicy::Waived)
        .await;
    let cookie = desk.sign_in("ada").await;
    let mine = Some(cookie.as_str());
    let wish = [("acr_values", "urn:unknown 2 1")];
    // Without a factor there is nothing to ask for.
    assert!(told(desk.ask(&client, mine, &wish).await).contains_key("code"));
    let me = desk.who(&cookie).await.unwrap();
    let (app, _) = enrol_in(&desk, &me).await;
    // A session from before.
    let old = old_session(&desk, &ada).await;
    desk.house.advance(60);
    let mine = Some(old.as_str());
    let silent = [("acr_values", "2"), ("prompt", "none")];
    for granted in [&[][..], &[("acr_values", "1 2")], &silent] {
        assert!(told(desk.ask(&client, mine, granted).await).contains_key("code"));
    }
    let answer = desk.ask(&client, mine, &wish).await.unwrap();
    assert!(matches!(answer, Answer::Step(StepPage::SecondFactor, _)));
    let me = desk.who(&old).await.unwrap();
    let realm = &desk.house.realm;
    let here = desk.steps.current(realm, None, Some(me)).await;
    let code = app.code(&desk, 0);
    let raised = prove(&desk, &here.unwrap().unwrap(), FactorAnswer::Code(&code)).await;
    let raised = raised.unwrap();
    let code = told(desk.ask(&client, Some(&raised), &wish).await)["code"].clone();
    let tokens = desk.house.redeem(&client, &code).await.unwrap();
    assert_eq!(claims(tokens.id_token.unwrap().expose())["acr"], "2");
}

/// A session that began before its person had a second factor.
async fn old_session(desk: &Desk, user: &User) -> String {
    use gatelodge_domain::opaque_token::{OpaqueToken, TokenKind};
    use gatelodge_ports::vault::DataKeyPurpose;
    let mut session = desk.house.session(user).await;
    let bytes = [7_u8; 32];
    let parts: [&[u8]; 3] = [b"session", &user.realm.to_bytes(), &bytes];
    let vault = &desk.house.foundation.vault;
    session.secret = vault.mac(DataKeyPurpose::Digests, &parts);
    let mut unit = desk.house.foundation.store.write().await.unwrap();
    unit.sessions().update(&session).await.unwrap();
    unit.commit().await.unwrap();
    OpaqueToken::mint(TokenKind::Session, &bytes)
        .expose()
        .clone()
}

#[tokio::test]
async fn the_password_grant_is_no_way_around_the_second_factor() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.house.confidential_client("app", |_| {}).await;
    let pairs = |password| {
        [
            ("grant_type", "password"),
            ("client_id", "app"),
            ("client_secret", crate::house::SECRET),
            ("username", "ada"),
            ("password", password),
        ]
    };
    assert!(desk.house.exchange(&pairs(PASSWORD)).await.is_ok());
    enrol(&desk, "ada").await;
    let right = crate::house::denial(desk.house.exchange(&pairs(PASSWORD)).await);
    let wrong = crate::house::denial(desk.house.exchange(&pairs("wrong")).await);
    assert_eq!(right, wrong, "the answer says nothing about the password");
    let story = desk.house.story().await;
    let line = (
        "sign_in".to_owned(),
        "more_than_a_password_needed".to_owned(),
    );
    assert!(story.contains(&line), "{story:?}");
}

#[tokio::test]
async fn who_must_choose_another_password_gets_no_token_before() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let client = desk
        .house
        .public_client("own", |client| client.consent = ConsentPolicy::Waived)
        .await;
    let changed = User {
        password_change: PasswordChange::Required,
        ..ada.clone()
    };
    let mut unit = desk.house.foundation.store.write().await.unwrap();
    unit.users().update(&changed).await.unwrap();
    unit.commit().await.unwrap();
    let change = gatelodge_ports::store::Change::User(ada.realm, ada.id);
    desk.house.foundation.apply(change);
    let cookie = desk.sign_in("ada").await;
    let mine = Some(cookie.as_str());
    let answer = desk.ask(&client, mine, &[]).await.unwrap();
    assert!(matches!(answer, Answer::Step(StepPage::NewPassword, _)));
    let silent = [("prompt", "none")];
    let refused = error(desk.ask(&client, mine, &silent).await);
    assert_eq!(refused, "interaction_required");
    let last = desk.house.trail().await;
    assert!(
        last.iter()
            .all(|event| event.action != AuditAction::CodeIssued)
    );
}
