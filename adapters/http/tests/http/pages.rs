//! What a person's browser meets: pages, cookies and redirects, without a socket.

use std::collections::BTreeMap;

use actix_web::test::TestRequest;
use gatelodge_domain::password::Argon2Cost;
use gatelodge_domain::user::{Profile, SubjectId, UserStatus, Verification};
use gatelodge_domain::{Password, PasswordCredential, RealmSlug, Revision, User, Username};

use crate::house::{APP, Answer, House};

const PASSWORD: &str = "correct horse";
const HOST: &str = "127.0.0.1:9040";
const REQUEST: &str = "/oauth2/authorize?client_id=app&response_type=code&scope=openid%20profile\
    &redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=a%26b&code_challenge_method=S256\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A browser: cookies, and the way over redirects that stay here.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn get(&mut self, house: &House, path: &str) -> Answer {
        let request = TestRequest::get().uri(path);
        self.send(house, request).await
    }

    async fn post(&mut self, house: &House, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let request = TestRequest::post().uri(path).set_form(pairs);
        self.send(house, request).await
    }

    async fn send(&mut self, house: &House, request: TestRequest) -> Answer {
        let jar: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = request
            .insert_header(("host", HOST))
            .insert_header(("accept", "text/html"))
            .insert_header(("cookie", jar.join("; ")));
        let answer = house.ask(request).await;
        for line in answer.all("set-cookie") {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Signs in on the page of a request that waits, and answers what follows.
    async fn sign_in(&mut self, house: &House, name: &str) -> Answer {
        let page = self.get(house, REQUEST).await;
        let answer = self
            .post_page(house, &page, "/login", &credentials(name))
            .await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let next = answer.header("location").unwrap().to_owned();
        self.get(house, &next).await
    }

    /// Posts a page's hidden fields and these.
    async fn post_page(
        &mut self,
        house: &House,
        page: &Answer,
        path: &str,
        pairs: &[(&str, &str)],
    ) -> Answer {
        let (request, csrf) = (page.field("request"), page.field("csrf"));
        let mut all = vec![("request", request.as_str()), ("csrf", csrf.as_str())];
        all.extend(pairs);
        self.post(house, path, &all).await
    }
}

fn credentials(name: &str) -> [(&str, &str); 2] {
    [("username", name), ("password", PASSWORD)]
}

async fn person(house: &House, name: &str) {
    let foundation = &house.state.foundation;
    let slug = RealmSlug::default_realm();
    let realm = foundation.directory.realm(&slug).await.unwrap().unwrap();
    let now = foundation.clock.now();
    let user = User {
        id: foundation.rng.id(now),
        realm: realm.realm.id,
        subject: SubjectId::from_random(foundation.rng.bytes()),
        username: Username::parse(name).unwrap(),
        email: None,
        email_verification: Verification::Unverified,
        profile: Profile::default(),
        attributes: gatelodge_domain::attribute::Attributes::default(),
        status: UserStatus::Active,
        password_change: gatelodge_domain::user::PasswordChange::Free,
        revision: Revision::FIRST,
        created_at: now,
        updated_at: now,
    };
    let cost = Argon2Cost {
        memory: 8_192,
        iterations: 1,
        parallelism: 1,
    };
    let password = Password::parse(PASSWORD).unwrap();
    let credential = PasswordCredential {
        realm: user.realm,
        user: user.id,
        hash: foundation.hasher.hash(&password, cost).await.unwrap(),
        changed_at: now,
        revision: Revision::FIRST,
    };
    let mut unit = foundation.store.write().await.unwrap();
    unit.users().insert(&user).await.unwrap();
    unit.passwords().put(&credential).await.unwrap();
    unit.commit().await.unwrap();
}

#[actix_web::test]
async fn a_person_signs_in_agrees_and_is_led_back() {
    let house = House::auth().await;
    person(&house, "ada").await;
    let mut browser = Browser::default();
    let page = browser.get(&house, REQUEST).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("form-action"), "{policy}");
    assert!(page.text().contains("action=\"/login\""));
    let signed_in = browser
        .post_page(&house, &page, "/login", &credentials("ada"))
        .await;
    assert_eq!(signed_in.status, 303);
    let cookies = signed_in.all("set-cookie");
    assert!(cookies[0].starts_with("gl_auth_9040_default=gl_se_"));
    for cookie in &cookies {
        assert!(
            cookie.contains("; Path=/; HttpOnly; SameSite=Lax"),
            "{cookie}"
        );
        assert!(!cookie.contains("Secure"), "http on loopback: {cookie}");
    }
    let next = signed_in.header("location").unwrap();
    assert!(
        next.starts_with("/oauth2/authorize?request=gl_pr_"),
        "{next}"
    );
    let consent = browser.get(&house, next).await;
    assert!(consent.text().contains("value=\"profile\" checked"));
    let yes = [("decision", "allow"), ("scope", "profile")];
    let answer = browser.post_page(&house, &consent, "/consent", &yes).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let location = answer.header("location").unwrap();
    assert!(
        location.starts_with(&format!("{APP}/cb?code=gl_ac_")),
        "{location}"
    );
    assert!(location.contains("&state=a%26b&iss=http%3A%2F%2F127.0.0.1%3A9040"));
    // The same again needs no page at all.
    let again = browser.get(&house, REQUEST).await;
    assert_eq!(again.status, 303);
}

#[actix_web::test]
async fn a_sign_in_without_this_browsers_own_token_is_refused() {
    let house = House::auth().await;
    person(&house, "ada").await;
    let mut browser = Browser::default();
    let page = browser.get(&house, REQUEST).await;
    let mut stranger = Browser::default();
    let stolen = stranger
        .post_page(&house, &page, "/login", &credentials("ada"))
        .await;
    assert_eq!(stolen.status, 403);
    let request = page.field("request");
    let mut forged = vec![("request", request.as_str()), ("csrf", "forged")];
    forged.extend(credentials("ada"));
    let forged = browser.post(&house, "/login", &forged).await;
    assert_eq!(forged.status, 403);
    assert!(!browser.cookies.contains_key("gl_auth_9040_default"));
    // The page that came instead is good.
    let genuine = browser
        .post_page(&house, &forged, "/login", &credentials("ada"))
        .await;
    assert_eq!(genuine.status, 303, "{}", genuine.text());
}

#[actix_web::test]
async fn unknown_and_wrong_look_the_same_and_the_request_still_waits() {
    let house = House::auth().await;
    person(&house, "ada").await;
    let mut browser = Browser::default();
    let mut seen = Vec::new();
    for (name, password) in [("ada", "wrong horse"), ("bob", PASSWORD)] {
        let page = browser.get(&house, REQUEST).await;
        let pairs = [("username", name), ("password", password)];
        let answer = browser.post_page(&house, &page, "/login", &pairs).await;
        let request = answer.field("request");
        assert!(request.starts_with("gl_pr_"));
        let text = answer.text().replace(&request, "").replace(name, "");
        seen.push((answer.status, text));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].0, 401);
}

#[actix_web::test]
async fn what_is_missing_is_told_before_anything_is_tried() {
    let house = House::auth().await;
    let mut browser = Browser::default();
    let jobs = house.state.foundation.hasher.jobs();
    for pairs in [
        [("username", ""), ("password", PASSWORD)],
        [("username", "ada"), ("password", "")],
    ] {
        let page = browser.get(&house, REQUEST).await;
        let answer = browser.post_page(&house, &page, "/login", &pairs).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains("aria-invalid"), "{}", answer.text());
    }
    assert_eq!(house.state.foundation.hasher.jobs(), jobs);
}

#[actix_web::test]
async fn a_consent_with_another_sessions_token_decides_nothing() {
    let house = House::auth().await;
    person(&house, "ada").await;
    person(&house, "eve").await;
    let (mut ada, mut eve) = (Browser::default(), Browser::default());
    let adas = ada.sign_in(&house, "ada").await;
    let eves = eve.sign_in(&house, "eve").await;
    let yes = [("decision", "allow")];
    let forged = ada.post_page(&house, &eves, "/consent", &yes).await;
    assert_eq!(forged.status, 200);
    assert!(forged.header("location").is_none());
    assert!(forged.text().contains("role=\"alert\""));
    let neither = ada.post_page(&house, &adas, "/consent", &[]).await;
    assert_eq!(neither.status, 400);
    let genuine = ada.post_page(&house, &forged, "/consent", &yes).await;
    assert_eq!(genuine.status, 303, "{}", genuine.text());
}

#[actix_web::test]
async fn a_wrong_redirect_uri_is_a_page_and_no_redirect() {
    let house = House::auth().await;
    let mut browser = Browser::default();
    let evil = REQUEST.replace("app.example", "evil.example");
    for path in [
        evil.as_str(),
        "/oauth2/authorize",
        "/oauth2/authorize?a=%ff",
    ] {
        let page = browser.get(&house, path).await;
        assert_eq!(page.status, 400, "{path}");
        assert!(page.header("location").is_none(), "{path}");
        let kind = page.header("content-type").unwrap();
        assert!(kind.starts_with("text/html"), "{path}: {kind}");
        assert!(!page.text().contains("evil.example"));
    }
}

#[actix_web::test]
async fn a_post_becomes_a_get_with_the_request_sealed() {
    let house = House::auth().await;
    let mut browser = Browser::default();
    let pairs = [
        ("client_id", "app"),
        ("redirect_uri", "https://app.example/cb"),
        ("response_type", "code"),
        ("prompt", "none"),
        (
            "code_challenge",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        ),
        ("code_challenge_method", "S256"),
    ];
    let sealed = browser.post(&house, "/oauth2/authorize", &pairs).await;
    assert_eq!(sealed.status, 303);
    let next = sealed.header("location").unwrap();
    assert!(!next.contains("app"), "{next}");
    let answer = browser.get(&house, next).await;
    let location = answer.header("location").unwrap();
    assert!(location.contains("error=login_required"), "{location}");
    let json = TestRequest::post()
        .uri("/oauth2/authorize")
        .insert_header(("content-type", "application/json"))
        .set_payload("{}");
    assert_eq!(browser.send(&house, json).await.status, 400);
}

#[actix_web::test]
async fn a_form_post_answer_leads_to_the_client_by_form() {
    let house = House::auth().await;
    let mut browser = Browser::default();
    let path = format!("{REQUEST}&response_mode=form_post&prompt=none");
    let page = browser.get(&house, &path).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("action=\"https://app.example/cb\""));
    assert_eq!(page.field("error"), "login_required");
    assert_eq!(page.field("iss"), "http://127.0.0.1:9040");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("form-action"));
}

#[actix_web::test]
async fn signing_out_asks_first_and_then_forgets_the_browser() {
    let house = House::auth().await;
    person(&house, "ada").await;
    let mut browser = Browser::default();
    browser.sign_in(&house, "ada").await;
    let question = browser.get(&house, "/oauth2/logout").await;
    assert_eq!(question.status, 200);
    assert!(browser.cookies.contains_key("gl_auth_9040_default"));
    let forged = [("csrf", "forged")];
    let forged = browser.post(&house, "/account/sign-out", &forged).await;
    assert_eq!(forged.status, 403);
    let done = browser
        .post_page(&house, &question, "/account/sign-out", &[])
        .await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(!browser.cookies.contains_key("gl_auth_9040_default"));
    let account = browser.get(&house, "/account").await;
    assert!(account.text().contains("href=\"/login\""));
}

#[actix_web::test]
async fn the_account_page_ends_sessions() {
    let house = House::auth().await;
    person(&house, "ada").await;
    let (mut here, mut there) = (Browser::default(), Browser::default());
    here.sign_in(&house, "ada").await;
    there.sign_in(&house, "ada").await;
    let page = here.get(&house, "/account").await;
    let sessions: Vec<_> = page
        .text()
        .matches("name=\"session\"")
        .map(|_| ())
        .collect();
    assert_eq!(sessions.len(), 2);
    let csrf = page.field("csrf");
    let text = page.text();
    let other = text.rsplit("name=\"session\" value=\"").next().unwrap();
    let other = other.split('"').next().unwrap();
    let pairs = [("csrf", csrf.as_str()), ("session", other)];
    let ended = here.post(&house, "/account/sessions/end", &pairs).await;
    assert_eq!(ended.header("location"), Some("/account?done=ended"));
    assert!(
        there
            .get(&house, "/account")
            .await
            .text()
            .contains("href=\"/login\"")
    );
    let everywhere = [("csrf", csrf.as_str())];
    let done = here
        .post(&house, "/account/sign-out-everywhere", &everywhere)
        .await;
    assert_eq!(done.status, 200);
    assert!(!here.cookies.contains_key("gl_auth_9040_default"));
}

#[actix_web::test]
async fn files_are_kept_for_good_by_their_version() {
    let house = House::auth().await;
    let mut browser = Browser::default();
    let page = browser.get(&house, "/login").await;
    let text = page.text();
    let href = text.split("rel=\"stylesheet\" href=\"").nth(1).unwrap();
    let href = href.split('"').next().unwrap();
    let sheet = browser.get(&house, href).await;
    assert_eq!(sheet.status, 200);
    assert!(sheet.header("cache-control").unwrap().contains("immutable"));
    let etag = sheet.header("etag").unwrap().to_owned();
    let again = TestRequest::get()
        .uri("/assets/gatelodge.css")
        .insert_header(("if-none-match", etag));
    assert_eq!(browser.send(&house, again).await.status, 304);
    assert_eq!(browser.get(&house, "/assets/none.css").await.status, 404);
}

#[actix_web::test]
async fn what_is_not_there_is_a_page_for_browsers() {
    let house = House::auth().await;
    let mut browser = Browser::default();
    for path in [
        "/demo",
        "/realms/system/login",
        "/realms/nowhere/account",
        "/nothing/here",
    ] {
        let page = browser.get(&house, path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(
            page.header("content-type")
                .unwrap()
                .starts_with("text/html")
        );
    }
    let program = TestRequest::get().uri("/nothing/here");
    let answer = house.ask(program).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (404, &"not_found".into())
    );
    let page = browser.get(&house, "/error").await;
    assert_eq!(page.status, 400);
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The value of the first hidden field of that name.
    fn field(&self, name: &str) -> String {
        let text = self.text();
        let start = format!("name=\"{name}\" value=\"");
        let rest = text
            .split_once(&start)
            .unwrap_or_else(|| panic!("no field {name} on the page: {text}"));
        rest.1.split('"').next().unwrap().replace("&#38;", "&")
    }
}
