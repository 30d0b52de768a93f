//! Second factors at sign-in: the gate, its codes, and who may change them.

use std::sync::Arc;

use gatelodge_crypto::OpensslHmac;
use gatelodge_domain::client::ConsentPolicy;
use gatelodge_domain::factor::totp::{TotpHash, TotpScheme};
use gatelodge_domain::session::Persistence;
use gatelodge_domain::user::PasswordChange;
use gatelodge_domain::{
    Acr, AuditAction, DisplayName, FactorKind, Password, SecretBytes, Setting, User,
};
use gatelodge_ports::{Clock as _, Hmac as _};
use gatelodge_usecases::audit::RequestFacts;
use gatelodge_usecases::authorize::{Answer, StepPage};
use gatelodge_usecases::mfa::{
    AtStep, Begun, EnrolError, FactorAnswer, Offer, OwnFactors, OwnFactorsError, ProveError, Step,
};
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

/// The realm, asking everybody for a second factor.
fn strict(desk: &Desk) -> ServedRealm {
    let mut realm = ServedRealm::clone(&desk.house.realm);
    let asks = Setting::RequireSecondFactor;
    realm.realm.settings.set(asks, 1).unwrap();
    realm
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

#[tokio::test]
async fn several_authenticators_have_names_and_one_is_asked_for_first() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    let cookie = desk.sign_in("ada").await;
    let me = desk.who(&cookie).await.unwrap();
    let realm = &desk.house.realm;
    let own = own(&desk);
    let mut apps = Vec::new();
    for called in ["Phone", "Tablet"] {
        let here = own.overview(realm, &me).await.unwrap();
        assert!(here.may_change);
        // Each enrolment renews the session's secret and counts its revision up.
        let mut view = desk.house.foundation.store.read().await.unwrap();
        let session = view.sessions().find(realm.realm.id, me.session.id).await;
        let me = SignedIn {
            session: session.unwrap().unwrap().into(),
            ..me.clone()
        };
        let begun = own.begin(realm, &me, FactorKind::Totp).unwrap();
        let app = App::scan(&begun.offer);
        let code = app.code(&desk, 0);
        let answer = (code.as_str(), name(called));
        let finished = own
            .finish(realm, &me, &begun.sealed, answer, &facts())
            .await;
        let (_, codes) = finished.unwrap();
        assert_eq!(
            codes.is_some(),
            called == "Phone",
            "codes come with the first"
        );
        apps.push(app);
    }
    let names = async || {
        let overview = own.overview(realm, &me).await.unwrap();
        let factors = overview.factors.into_iter();
        factors
            .map(|factor| (factor.id, factor.name.as_str().to_owned()))
            .collect::<Vec<_>>()
    };
    let [(phone, _), (tablet, _)] = names().await.try_into().unwrap();
    own.rename(realm, &me, tablet, name("Slate"), &facts())
        .await
        .unwrap();
    own.make_primary(realm, &me, tablet, &facts())
        .await
        .unwrap();
    let expected = [(tablet, "Slate".to_owned()), (phone, "Phone".to_owned())];
    assert_eq!(names().await, expected);
    // Either of them signs in.
    for app in &apps {
        desk.house.advance(60);
        let cookie = password(&desk, realm, "ada").await;
        let here = at(&desk, &cookie).await.unwrap();
        let code = app.code(&desk, 0);
        assert!(prove(&desk, &here, FactorAnswer::Code(&code)).await.is_ok());
    }
    own.remove(realm, &me, tablet, &facts()).await.unwrap();
    let overview = own.overview(realm, &me).await.unwrap();
    assert!(
        overview.factors[0].is_primary(),
        "the oldest other is first"
    );
    own.remove(realm, &me, phone, &facts()).await.unwrap();
    let overview = own.overview(realm, &me).await.unwrap();
    assert_eq!(overview.recovery.made, 0, "the codes went with the last");
    let gone = own.remove(realm, &me, phone, &facts()).await;
    assert!(matches!(gone, Err(OwnFactorsError::Unknown)));
    assert!(
        !desk.sign_in("ada").await.is_empty(),
        "the password is enough"
    );
}

#[tokio::test]
async fn nobody_changes_anothers_factors() {
    let desk = Desk::new().await;
    desk.person("ada").await;
    desk.person("eve").await;
    enrol(&desk, "ada").await;
    let realm = &desk.house.realm;
    let cookie = password(&desk, realm, "ada").await;
    let Step::Prove { factors, .. } = desk
        .steps
        .step(realm, &at(&desk, &cookie).await.unwrap(), None)
        .await
        .unwrap()
    else {
        panic!("she has one");
    };
    let theirs = desk.sign_in("eve").await;
    let eve = desk.who(&theirs).await.unwrap();
    let own = own(&desk);
    let id = factors[0].id;
    for result in [
        own.remove(realm, &eve, id, &facts()).await,
        own.rename(realm, &eve, id, name("Mine"), &facts()).await,
        own.make_primary(realm, &eve, id, &facts()).await,
    ] {
        assert!(matches!(result, Err(OwnFactorsError::Unknown)));
    }
    // An enrolment that began for one person is none for another.
    let ada = desk.house.session(&desk.house.user("ada2").await).await;
    let begun = own.begin(realm, &eve, FactorKind::Totp).unwrap();
    let stranger = SignedIn {
        session: ada.into(),
        user: Arc::new(desk.house.user("ada3").await),
    };
    let code = App::scan(&begun.offer).code(&desk, 0);
    let answer = (code.as_str(), name("Phone"));
    let refused = own
        .finish(realm, &stranger, &begun.sealed, answer, &facts())
        .await;
    assert!(matches!(refused, Err(EnrolError::Expired)), "{refused:?}");
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
