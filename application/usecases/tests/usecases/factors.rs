//! Second factors at sign-in: the gate, and its codes.

mod own;
mod required;

use std::sync::Arc;

use gatelodge_crypto::OpensslHmac;
use gatelodge_domain::client::ConsentPolicy;
use gatelodge_domain::factor::totp::{TotpHash, TotpScheme};
use gatelodge_domain::session::Persistence;
use gatelodge_domain::{Acr, DisplayName, FactorKind, Password, SecretBytes};
use gatelodge_ports::{Clock as _, Hmac as _};
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::mfa::{AtStep, Begun, FactorAnswer, Offer, OwnFactors, ProveError, Step};
use gatelodge_usecases::realms::ServedRealm;
use gatelodge_usecases::sessions::SignedIn;
use tokio::task::JoinSet;

use crate::desk::{Desk, PASSWORD, error, told};
use crate::house::{claims, factor_methods, facts};

/// An authenticator app.
pub(crate) struct App(SecretBytes);

impl App {
    /// Scans what a page shows.
    pub(crate) fn scan(offer: &Offer) -> Self {
        let Offer::Totp { uri, secret, .. } = offer;
        assert!(uri.expose().contains(secret.expose().as_str()));
        let mut bits = 0_u64;
        let mut count = 0;
        let mut bytes = Vec::new();
        for letter in secret.expose().bytes() {
            let digit = match letter {
                b'A'..=b'Z' => letter - b'A',
                _ => letter - b'2' + 26,
            };
            bits = (bits << 5) | u64::from(digit);
            count += 5;
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
            }
        }
        Self(SecretBytes::new(bytes))
    }

    /// The code that it shows now, or so many steps from now.
    pub(crate) fn code(&self, desk: &Desk, steps: i64) -> String {
        let at = desk.house.clock.now().as_millis() + steps * 30_000;
        let at = gatelodge_domain::Timestamp::from_millis(at);
        let message = TotpScheme::step_at(at).message();
        let mac = OpensslHmac.hmac(TotpHash::Sha1, &self.0, &message).unwrap();
        let code = TotpScheme::default().code(&mac).unwrap();
        code.expose().clone()
    }
}

fn own(desk: &Desk) -> OwnFactors {
    let foundation = desk.house.foundation.clone();
    OwnFactors::new(foundation.clone(), factor_methods(&foundation))
}

fn name(text: &str) -> DisplayName {
    DisplayName::parse(text).unwrap()
}

/// Enrols an authenticator from a fresh session, and answers its app and the recovery codes.
pub(crate) async fn enrol(desk: &Desk, who: &str) -> (App, Vec<String>) {
    let cookie = desk.sign_in(who).await;
    let me = desk.who(&cookie).await.unwrap();
    enrol_in(desk, &me).await
}

async fn enrol_in(desk: &Desk, me: &SignedIn) -> (App, Vec<String>) {
    let realm = &desk.house.realm;
    let begun = own(desk).begin(realm, me, FactorKind::Totp).unwrap();
    let app = App::scan(&begun.offer);
    let code = app.code(desk, 0);
    let (_, codes) = own(desk)
        .finish(realm, me, &begun.sealed, (&code, name("Phone")), &facts())
        .await
        .unwrap();
    let codes = codes.map(|codes| codes.0).unwrap_or_default();
    (
        app,
        codes.iter().map(|code| code.expose().clone()).collect(),
    )
}

/// Types the right password; answers the cookie of the steps.
async fn password(desk: &Desk, realm: &ServedRealm, who: &str) -> String {
    let proven = desk.attempt(who, PASSWORD).await.unwrap();
    let staying = Persistence::BrowserSession;
    let begun = desk
        .steps
        .begin(realm, proven, who, staying, None, &facts())
        .await;
    match begun {
        Ok(Begun::Waiting(waiting)) => waiting.secret.expose().clone(),
        other => panic!("nothing more is asked: {other:?}"),
    }
}

async fn at(desk: &Desk, cookie: &str) -> Option<AtStep> {
    let realm = &desk.house.realm;
    desk.steps.current(realm, Some(cookie), None).await.unwrap()
}

async fn prove(desk: &Desk, at: &AtStep, answer: FactorAnswer<'_>) -> Result<String, ProveError> {
    let realm = &desk.house.realm;
    // From no address, so that only what is tried counts.
    let facts = RequestFacts::default();
    desk.steps
        .prove(realm, at, answer, (None, None), &facts)
        .await
        .map(|entered| entered.session.secret.expose().clone())
}

async fn wrong(desk: &Desk, at: &AtStep) {
    let result = prove(desk, at, FactorAnswer::Code("000000")).await;
    assert!(matches!(result, Err(ProveError::Wrong)), "{result:?}");
}

#[tokio::test]
async fn a_password_alone_does_not_sign_in_who_has_a_second_factor() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let (app, _) = enrol(&desk, "ada").await;
    desk.house.advance(60);
    let cookie = password(&desk, &desk.house.realm, "ada").await;
    // The cookie of the steps is no session, whatever it is shown to.
    assert!(desk.who(&cookie).await.is_none());
    let client = desk.house.public_client("app", |_| {}).await;
    let silent = [("prompt", "none")];
    let told_silently = error(desk.ask(&client, Some(&cookie), &silent).await);
    assert_eq!(told_silently, "login_required");

    let here = at(&desk, &cookie).await.unwrap();
    wrong(&desk, &here).await;
    let code = app.code(&desk, 0);
    let session = prove(&desk, &here, FactorAnswer::Code(&code))
        .await
        .unwrap();
    let me = desk.who(&session).await.unwrap();
    let proof = &me.session.authentication;
    let methods: Vec<&str> = proof.methods.iter().map(|method| method.as_str()).collect();
    assert_eq!(methods, ["pwd", "otp", "mfa"]);
    assert_eq!(proof.context, Acr::TwoFactors);
    assert!(at(&desk, &cookie).await.is_none(), "the steps are over");
    let last: Vec<_> = desk.house.story().await.into_iter().rev().take(3).collect();
    let line = |action: &str, how: &str| (action.to_owned(), how.to_owned());
    assert_eq!(
        last,
        [
            line("sign_in", "success"),
            line("factor.proved", "wrong_code"),
            line("factor.asked", "success"),
        ]
    );
}

#[tokio::test]
async fn tokens_say_that_two_factors_were_proved() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let (app, _) = enrol(&desk, "ada").await;
    desk.house.advance(60);
    let cookie = password(&desk, &desk.house.realm, "ada").await;
    let here = at(&desk, &cookie).await.unwrap();
    let code = app.code(&desk, 0);
    let session = prove(&desk, &here, FactorAnswer::Code(&code))
        .await
        .unwrap();
    let client = desk
        .house
        .public_client("own", |client| client.consent = ConsentPolicy::Waived)
        .await;
    let code = told(desk.ask(&client, Some(&session), &[]).await)["code"].clone();
    let tokens = desk.house.redeem(&client, &code).await.unwrap();
    for token in [tokens.id_token.unwrap(), tokens.access_token] {
        let claims = claims(token.expose());
        assert_eq!(claims["acr"], "2");
        assert_eq!(claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
    }
}

#[tokio::test]
async fn a_code_signs_in_once_and_only_around_its_time() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let (app, _) = enrol(&desk, "ada").await;
    desk.house.advance(300);
    for (steps, good) in [(-2, false), (2, false), (-1, true), (-1, false), (1, true)] {
        let cookie = password(&desk, &desk.house.realm, "ada").await;
        let here = at(&desk, &cookie).await.unwrap();
        let code = app.code(&desk, steps);
        let result = prove(&desk, &here, FactorAnswer::Code(&code)).await;
        assert_eq!(result.is_ok(), good, "{steps}: {result:?}");
    }
    // What was typed in advance uses up the steps before it.
    let cookie = password(&desk, &desk.house.realm, "ada").await;
    let here = at(&desk, &cookie).await.unwrap();
    let code = app.code(&desk, 0);
    let result = prove(&desk, &here, FactorAnswer::Code(&code)).await;
    assert!(matches!(result, Err(ProveError::Wrong)), "{result:?}");
}

#[tokio::test]
async fn the_code_that_enrolled_an_app_is_used_up() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let (app, _) = enrol(&desk, "ada").await;
    let cookie = password(&desk, &desk.house.realm, "ada").await;
    let here = at(&desk, &cookie).await.unwrap();
    let code = app.code(&desk, 0);
    let result = prove(&desk, &here, FactorAnswer::Code(&code)).await;
    assert!(matches!(result, Err(ProveError::Wrong)), "{result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_who_post_one_code_at_once_one_gets_in() {
    let desk = Arc::new(Desk::new().await);
    desk.person("ada").await;
    let (app, _) = enrol(&desk, "ada").await;
    desk.house.advance(60);
    // Each with a password of their own, so that only the code can be used up.
    let mut cookies = Vec::new();
    for _ in 0..16 {
        cookies.push(password(&desk, &desk.house.realm, "ada").await);
    }
    let code = app.code(&desk, 0);
    let mut tries = JoinSet::new();
    for number in 0..64 {
        let (desk, code) = (desk.clone(), code.clone());
        let cookie = cookies[number % cookies.len()].clone();
        tries.spawn(async move {
            let Some(here) = at(&desk, &cookie).await else {
                return false;
            };
            prove(&desk, &here, FactorAnswer::Code(&code)).await.is_ok()
        });
    }
    let entered = tries.join_all().await;
    assert_eq!(entered.into_iter().filter(|entered| *entered).count(), 1);
}

#[tokio::test]
async fn a_recovery_code_lets_in_once() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let (_, codes) = enrol(&desk, "ada").await;
    assert_eq!(codes.len(), 10);
    for (code, good) in [(&codes[3], true), (&codes[3], false), (&codes[4], true)] {
        let cookie = password(&desk, &desk.house.realm, "ada").await;
        let here = at(&desk, &cookie).await.unwrap();
        let loud = code.to_uppercase();
        let result = prove(&desk, &here, FactorAnswer::RecoveryCode(&loud)).await;
        assert_eq!(result.is_ok(), good, "{code}: {result:?}");
    }
    let cookie = password(&desk, &desk.house.realm, "ada").await;
    let here = at(&desk, &cookie).await.unwrap();
    let realm = &desk.house.realm;
    let Step::Prove { recovery, .. } = desk.steps.step(realm, &here, None).await.unwrap() else {
        panic!("a code is asked for");
    };
    assert_eq!((recovery.left, recovery.made), (8, 10));
}

#[tokio::test]
async fn one_password_buys_five_codes() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let (app, _) = enrol(&desk, "ada").await;
    desk.house.advance(60);
    let cookie = password(&desk, &desk.house.realm, "ada").await;
    let here = at(&desk, &cookie).await.unwrap();
    for _ in 0..4 {
        wrong(&desk, &here).await;
    }
    let last = prove(&desk, &here, FactorAnswer::Code("000000")).await;
    assert!(matches!(last, Err(ProveError::Over)), "{last:?}");
    assert!(at(&desk, &cookie).await.is_none());
    let code = app.code(&desk, 0);
    let late = prove(&desk, &here, FactorAnswer::Code(&code)).await;
    assert!(late.is_err(), "{late:?}");
}

#[tokio::test]
async fn wrong_codes_are_throttled_whatever_passwords_they_bought() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let (app, _) = enrol(&desk, "ada").await;
    desk.house.advance(60);
    let mut refused = 0;
    for _ in 0..6 {
        let cookie = password(&desk, &desk.house.realm, "ada").await;
        let here = at(&desk, &cookie).await.unwrap();
        for _ in 0..4 {
            match prove(&desk, &here, FactorAnswer::Code("000000")).await {
                Err(ProveError::TooMany { .. }) => refused += 1,
                Err(ProveError::Wrong) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(refused, 4, "twenty a minute are compared");
    let cookie = password(&desk, &desk.house.realm, "ada").await;
    let here = at(&desk, &cookie).await.unwrap();
    let code = app.code(&desk, 0);
    let held = prove(&desk, &here, FactorAnswer::Code(&code)).await;
    assert!(matches!(held, Err(ProveError::TooMany { .. })), "{held:?}");
    // A browser in which she signed in before is counted apart.
    let familiar = desk.attempt("ada", PASSWORD).await.unwrap().familiar;
    let realm = &desk.house.realm;
    let mine = (Some(familiar.as_str()), None);
    let entered = desk
        .steps
        .prove(realm, &here, FactorAnswer::Code(&code), mine, &facts())
        .await;
    assert!(entered.is_ok(), "{entered:?}");
}

#[tokio::test]
async fn a_sign_in_that_waits_ends_with_the_password_and_with_its_time() {
    let desk = Desk::new().await;
    let ada = desk.person("ada").await;
    let (app, _) = enrol(&desk, "ada").await;
    desk.house.advance(60);
    let cookie = password(&desk, &desk.house.realm, "ada").await;
    let here = at(&desk, &cookie).await.unwrap();
    desk.house.advance(1);
    let password_again = Password::parse("another horse battery").unwrap();
    let cost = gatelodge_domain::password::Argon2Cost {
        memory: 8_192,
        iterations: 1,
        parallelism: 1,
    };
    desk.set_password(&ada, &password_again, cost).await;
    let code = app.code(&desk, 0);
    let refused = prove(&desk, &here, FactorAnswer::Code(&code)).await;
    assert!(matches!(refused, Err(ProveError::Wrong)), "{refused:?}");
    desk.house.advance(600);
    assert!(at(&desk, &cookie).await.is_none());
}
