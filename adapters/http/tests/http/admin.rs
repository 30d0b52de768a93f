//! The admin API over HTTP: one 401, one 403, problems, pages, patches.

use std::sync::Arc;

use actix_web::test::TestRequest;
use gatelodge_domain::role::{Protection, RoleName};
use gatelodge_domain::user::{Profile, SubjectId, UserStatus, Verification};
use gatelodge_domain::{
    DisplayName, Permission, RealmSlug, Revision, Role, ScopeSet, Subject, User, Username,
};
use gatelodge_usecases::admin::PERMISSIONS;
use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::setup::{ADMIN_API, ADMINISTRATOR_ROLE};
use gatelodge_usecases::tokens::{AccessTokenPlan, MintAccessToken};
use serde_json::{Value, json};

use crate::house::{Answer, House};

struct Desk {
    house: House,
    root: User,
}

impl Desk {
    async fn new() -> Self {
        let house = House::admin().await;
        let foundation = &house.state.foundation;
        let now = foundation.clock.now();
        let system = foundation.directory.realm(&RealmSlug::system()).await;
        let system = system.unwrap().unwrap().realm.id;
        let role = Role {
            id: foundation.rng.id(now),
            realm: system,
            name: RoleName::parse(ADMINISTRATOR_ROLE).unwrap(),
            display_name: DisplayName::parse("Administrator").unwrap(),
            permissions: PERMISSIONS
                .iter()
                .map(|(name, _)| Permission::parse(name).unwrap())
                .collect(),
            protection: Protection::BuiltIn,
            second_factor: gatelodge_domain::role::SecondFactorRule::AsUsual,
            revision: Revision::FIRST,
            created_at: now,
        };
        let root = User {
            id: foundation.rng.id(now),
            realm: system,
            subject: SubjectId::from_random(foundation.rng.bytes()),
            username: Username::parse("root").unwrap(),
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
        let mut unit = foundation.store.write().await.unwrap();
        unit.roles().insert(&role).await.unwrap();
        unit.users().insert(&root).await.unwrap();
        let subject = Subject::User(root.id);
        unit.roles().assign(system, role.id, subject).await.unwrap();
        unit.commit().await.unwrap();
        Self { house, root }
    }

    async fn token(&self, scopes: &str) -> String {
        let foundation = &self.house.state.foundation;
        let now = foundation.clock.now();
        let keys = Arc::new(KeyMaintenance::new(foundation.clone()));
        let mint = MintAccessToken::new(foundation.clone(), keys);
        let directory = &foundation.directory;
        let system = directory
            .realm(&RealmSlug::system())
            .await
            .unwrap()
            .unwrap();
        let app = gatelodge_domain::ClientId::parse("app").unwrap();
        let app = directory
            .client(system.realm.id, &app)
            .await
            .unwrap()
            .unwrap();
        let plan = AccessTokenPlan {
            realm: &system,
            client: &app,
            sub: self.root.subject.as_str(),
            subject: Subject::User(self.root.id),
            grant: foundation.rng.id(now),
            session: None,
            authentication: None,
            scopes: &ScopeSet::parse(scopes).unwrap(),
            resources: &[ADMIN_API.to_owned()],
            confirmation: None,
            now,
        };
        let prepared = mint.prepare(&plan).await.unwrap();
        mint.sign(&system, &app, &prepared).await.unwrap()
    }

    async fn ask(&self, request: TestRequest) -> Answer {
        let token = self.token("admin").await;
        let bearer = ("authorization", format!("Bearer {token}"));
        self.house.ask(request.insert_header(bearer)).await
    }

    async fn send(&self, request: TestRequest, body: &Value) -> Answer {
        self.ask(request.set_json(body)).await
    }
}

#[actix_web::test]
async fn whoever_has_no_valid_token_gets_one_answer() {
    let desk = Desk::new().await;
    let foreign = desk.house.access_token("openid").await;
    let path = "/admin/v1/realms";
    let good = desk.ask(TestRequest::with_uri(path)).await;
    assert_eq!(good.status, 200);

    let anonymous = desk.house.ask(TestRequest::with_uri(path)).await;
    assert_eq!(anonymous.status, 401);
    let challenge = anonymous.header("www-authenticate");
    assert_eq!(challenge, Some("Bearer realm=\"gatelodge-admin\""));
    assert_eq!(
        anonymous.header("content-type"),
        Some("application/problem+json")
    );
    for (path, sent) in [
        (path, "Bearer nonsense".to_owned()),
        (path, "Basic YTpi".to_owned()),
        (path, format!("Bearer {foreign}")),
        ("/admin/v1/nothing", "Bearer nonsense".to_owned()),
    ] {
        let request = TestRequest::with_uri(path).insert_header(("authorization", sent));
        let refused = desk.house.ask(request).await;
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.body, anonymous.body, "{path}");
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(
            challenge.ends_with("error=\"invalid_token\""),
            "{challenge}"
        );
    }
}

#[actix_web::test]
async fn an_administrator_without_the_scope_gets_one_answer_whatever_is_there() {
    let desk = Desk::new().await;
    let token = desk.token("users:read").await;
    let ask = async |path: &str| {
        let request = TestRequest::with_uri(path);
        let bearer = ("authorization", format!("Bearer {token}"));
        desk.house.ask(request.insert_header(bearer)).await
    };
    assert_eq!(ask("/admin/v1/realms/system/users").await.status, 200);
    let there = ask("/admin/v1/realms/system/clients/app").await;
    assert_eq!(there.status, 403);
    assert_eq!(
        there.json()["type"],
        "urn:gatelodge:problem:insufficient_scope"
    );
    for path in [
        "/admin/v1/realms/system/clients/none",
        "/admin/v1/realms/nowhere/clients/none",
        "/admin/v1/realms",
    ] {
        let refused = ask(path).await;
        assert_eq!(
            (refused.status, &refused.body),
            (403, &there.body),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn a_realm_with_users_and_clients_is_administered_from_birth_to_end() {
    let desk = Desk::new().await;
    let realms = || TestRequest::post().uri("/admin/v1/realms");
    let made = desk
        .send(
            realms(),
            &json!({"slug": "acme", "name": "Acme", "settings": {"argon2_memory": 8192}}),
        )
        .await;
    assert_eq!(made.status, 201, "{:?}", made.json());
    assert_eq!(made.header("location"), Some("/admin/v1/realms/acme"));
    assert_eq!(made.json()["issuer"], "http://127.0.0.1:9040/realms/acme");

    let realm = "/admin/v1/realms/acme";
    let patch = json!({"settings": {"argon2_memory": null, "access_token_lifetime": 60}});
    let changed = desk.send(TestRequest::patch().uri(realm), &patch).await;
    assert_eq!(
        changed.json()["settings"],
        json!({"access_token_lifetime": 60})
    );

    let new = json!({"username": "ada", "email": "ada@example.com", "email_verified": true,
        "profile": {"given_name": "Ada"}});
    let users = format!("{realm}/users");
    let ada = desk.send(TestRequest::post().uri(&users), &new).await;
    assert_eq!(ada.status, 201, "{:?}", ada.json());
    let ada = format!("{users}/{}", ada.json()["id"].as_str().unwrap());
    let patch = json!({"email": "countess@example.com"});
    let changed = desk
        .send(TestRequest::patch().uri(&ada), &patch)
        .await
        .json();
    assert_eq!(
        changed["email_verified"], false,
        "a new address is not proved"
    );
    assert_eq!(changed["profile"], json!({"given_name": "Ada"}));
    let named = desk
        .ask(TestRequest::with_uri(&format!(
            "{users}?username_prefix=AD"
        )))
        .await;
    assert_eq!(named.json()["items"].as_array().unwrap().len(), 1);

    let clients = format!("{realm}/clients");
    let url = "https://app.example/client.json";
    let new = json!({"client_id": url, "client_name": "App", "redirect_uris": ["https://app.example/cb"]});
    let app = desk.send(TestRequest::post().uri(&clients), &new).await;
    assert_eq!(app.status, 201, "{:?}", app.json());
    assert!(
        app.json()["client_secret"]
            .as_str()
            .unwrap()
            .starts_with("gl_cs_")
    );
    let app = app.header("location").unwrap().to_owned();
    assert_eq!(
        app,
        format!("{clients}/https%3A%2F%2Fapp.example%2Fclient.json")
    );
    let shown = desk.ask(TestRequest::with_uri(&app)).await.json();
    assert_eq!(shown["client_id"], url);
    assert_eq!(shown.get("client_secret"), None, "shown once");
    let whole = desk.send(TestRequest::patch().uri(&app), &shown).await;
    assert_eq!(
        whole.status,
        200,
        "what was read may be sent back: {:?}",
        whole.json()
    );
    let secret = desk
        .send(
            TestRequest::post().uri(&format!("{app}/secrets")),
            &json!({}),
        )
        .await;
    assert_eq!(secret.status, 201);

    for path in [&ada, &app] {
        assert_eq!(desk.ask(TestRequest::delete().uri(path)).await.status, 204);
        assert_eq!(desk.ask(TestRequest::with_uri(path)).await.status, 404);
    }
    assert_eq!(desk.ask(TestRequest::delete().uri(realm)).await.status, 202);
    assert_eq!(desk.ask(TestRequest::with_uri(realm)).await.status, 404);
    let trail = desk
        .ask(TestRequest::with_uri(
            "/admin/v1/audit?action=realm.deleted",
        ))
        .await;
    assert_eq!(trail.json()["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let desk = Desk::new().await;
    let users = "/admin/v1/realms/system/users";
    for number in 0..5 {
        let new = json!({"username": format!("user{number}")});
        let made = desk.send(TestRequest::post().uri(users), &new).await;
        assert_eq!(made.status, 201);
    }
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let rest = cursor.map(|cursor| format!("&cursor={cursor}"));
        let uri = format!("{users}?limit=2{}", rest.unwrap_or_default());
        let page = desk.ask(TestRequest::with_uri(&uri)).await.json();
        for user in page["items"].as_array().unwrap() {
            seen.push(user["username"].as_str().unwrap().to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen, ["root", "user0", "user1", "user2", "user3", "user4"]);
}

#[actix_web::test]
async fn a_stale_tag_is_answered_with_412_and_changes_nothing() {
    let desk = Desk::new().await;
    let client = "/admin/v1/realms/system/clients/app";
    let tag = desk.ask(TestRequest::with_uri(client)).await;
    let tag = tag.header("etag").unwrap().to_owned();
    let rename = async |name: &str| {
        let request = TestRequest::patch().uri(client);
        let request = request.insert_header(("if-match", tag.clone()));
        desk.send(request, &json!({"client_name": name})).await
    };
    assert_eq!(rename("First").await.status, 200);
    let late = rename("Second").await;
    assert_eq!(late.status, 412);
    assert_eq!(late.json()["type"], "urn:gatelodge:problem:stale");
    let now = desk.ask(TestRequest::with_uri(client)).await.json();
    assert_eq!(now["client_name"], "First");
}

#[actix_web::test]
async fn a_problem_names_the_field_at_fault() {
    let desk = Desk::new().await;
    let users = "/admin/v1/realms/system/users";
    let clients = "/admin/v1/realms/system/clients";
    for (path, body, field) in [
        (users, json!({}), "username"),
        (users, json!({"username": "a b"}), "username"),
        (
            users,
            json!({"username": "ada", "nickname": "x"}),
            "nickname",
        ),
        (
            users,
            json!({"username": "ada", "email_verified": "yes"}),
            "email_verified",
        ),
        (
            users,
            json!({"username": "ada", "profile": {"sub": "x"}}),
            "profile.sub",
        ),
        (
            users,
            json!({"username": "ada", "password": "short"}),
            "password",
        ),
        (
            clients,
            json!({"redirect_uris": ["https://a.example/#x"]}),
            "redirect_uris[0]",
        ),
        (clients, json!({"client_secret": "short"}), "client_secret"),
        (clients, json!({"client_id": "u_me"}), "client_id"),
        (
            clients,
            json!({"grant_types": ["client_credential"]}),
            "grant_types",
        ),
        (
            clients,
            json!({"grant_types": [], "settings": {"access_token_lifetime": 0}}),
            "settings.access_token_lifetime",
        ),
    ] {
        let refused = desk.send(TestRequest::post().uri(path), &body).await;
        let problem = refused.json();
        assert_eq!(
            (refused.status, problem["field"].as_str()),
            (422, Some(field)),
            "{problem}"
        );
        assert_eq!(
            refused.header("content-type"),
            Some("application/problem+json")
        );
    }
    for (uri, field) in [
        (format!("{users}?limit=0"), "limit"),
        (format!("{users}?cursor=x"), "cursor"),
        (format!("{users}?nonsense=1"), "nonsense"),
        (format!("{users}?status=odd"), "status"),
    ] {
        let problem = desk.ask(TestRequest::with_uri(&uri)).await.json();
        assert_eq!(problem["field"], field, "{uri}: {problem}");
    }
}

#[actix_web::test]
async fn what_is_not_json_is_refused_as_such() {
    let desk = Desk::new().await;
    let post = || TestRequest::post().uri("/admin/v1/realms/system/users");
    let json = ("content-type", "application/json");
    for (request, status) in [
        (post().set_payload("{}"), 415),
        (post().insert_header(json).set_payload("{"), 400),
        (post().insert_header(json).set_payload("[]"), 400),
        (
            post().insert_header(json).set_payload(b"\xff".as_slice()),
            400,
        ),
        (
            post().insert_header(json).set_payload("x".repeat(1 << 20)),
            413,
        ),
        (TestRequest::with_uri("/admin/v1/nothing"), 404),
        (
            TestRequest::with_uri("/admin/v1/realms/system/users/x"),
            404,
        ),
    ] {
        let refused = desk.ask(request).await;
        assert_eq!(refused.status, status, "{:?}", refused.json());
        assert_eq!(
            refused.header("content-type"),
            Some("application/problem+json")
        );
    }
}

#[actix_web::test]
async fn what_a_client_says_about_itself_stands_at_the_top_level() {
    let desk = Desk::new().await;
    let clients = "/admin/v1/realms/system/clients";
    let new = json!({"client_id": "notes", "redirect_uris": ["https://notes.example/cb"],
        "client_uri": "https://notes.example/", "tos_uri": "https://notes.example/terms",
        "contacts": ["ops@notes.example"], "jwks": {"keys": []}, "default_max_age": 60});
    let made = desk.send(TestRequest::post().uri(clients), &new).await;
    assert_eq!(made.status, 201, "{:?}", made.json());
    let client = format!("{clients}/notes");
    let shown = desk.ask(TestRequest::with_uri(&client)).await.json();
    for answer in [&made.json(), &shown] {
        for name in [
            "client_uri",
            "tos_uri",
            "contacts",
            "jwks",
            "default_max_age",
        ] {
            assert_eq!(answer[name], new[name], "{name}: {answer}");
        }
        assert_eq!(
            answer.get("logo_uri"),
            None,
            "what was not said is not told"
        );
    }
    let patch = json!({"tos_uri": null, "policy_uri": "https://notes.example/privacy"});
    let request = TestRequest::patch().uri(&client);
    let changed = desk.send(request, &patch).await.json();
    assert_eq!(changed.get("tos_uri"), None);
    assert_eq!(changed["policy_uri"], "https://notes.example/privacy");
    assert_eq!(changed["client_uri"], "https://notes.example/");
    for (body, field) in [
        (
            json!({"metadata": {"client_uri": "https://a.example"}}),
            "metadata",
        ),
        (json!({"client_url": "https://a.example"}), "client_url"),
        (json!({"client_uri": 1}), "client_uri"),
        (json!({"client_uri": ""}), "client_uri"),
        (json!({"default_max_age": -1}), "default_max_age"),
        (json!({"jwks": []}), "jwks"),
    ] {
        for request in [
            TestRequest::post().uri(clients),
            TestRequest::patch().uri(&client),
        ] {
            let refused = desk.send(request, &body).await;
            assert_eq!(
                (refused.status, refused.json()["field"].as_str()),
                (422, Some(field))
            );
        }
    }
}

#[actix_web::test]
async fn a_method_that_a_path_does_not_have_is_refused_with_those_that_it_has() {
    let desk = Desk::new().await;
    for (method, path, allow) in [
        ("DELETE", "/admin/v1/realms", "GET, POST"),
        ("PUT", "/admin/v1/realms/system", "GET, DELETE, PATCH"),
        (
            "POST",
            "/admin/v1/realms/system/clients/app",
            "GET, DELETE, PATCH",
        ),
        (
            "PUT",
            "/admin/v1/realms/system/clients/app/secrets",
            "GET, POST",
        ),
        ("PURGE", "/admin/v1/audit", "GET"),
    ] {
        let request = || {
            let method = actix_web::http::Method::from_bytes(method.as_bytes()).unwrap();
            TestRequest::with_uri(path).method(method)
        };
        let refused = desk.ask(request()).await;
        let problem = refused.json();
        assert_eq!(refused.status, 405, "{method} {path}: {problem}");
        assert_eq!(refused.header("allow"), Some(allow), "{method} {path}");
        assert_eq!(problem["type"], "urn:gatelodge:problem:method_not_allowed");
        assert_eq!(
            refused.header("content-type"),
            Some("application/problem+json")
        );
        let anonymous = desk.house.ask(request()).await;
        assert_eq!(anonymous.status, 401, "{method} {path}");
        assert_eq!(anonymous.header("allow"), None);
    }
}

#[actix_web::test]
async fn a_request_with_a_key_is_carried_out_once() {
    let desk = Desk::new().await;
    let clients = "/admin/v1/realms/system/clients";
    let make = async |key: &str, name: &str| {
        let request = TestRequest::post().uri(clients);
        let request = request.insert_header(("idempotency-key", key.to_owned()));
        desk.send(
            request,
            &json!({"client_name": name, "redirect_uris": ["https://app.example.com/"]}),
        )
        .await
    };
    let first = make("one", "App").await;
    assert_eq!(first.status, 201, "{:?}", first.json());
    assert_eq!(first.header("idempotency-replayed"), None);
    let secret = first.json()["client_secret"].as_str().map(str::to_owned);
    assert!(secret.is_some(), "a secret that is shown once");

    // Also as the structured field that the draft asks for.
    for key in ["one", "\"one\""] {
        let again = make(key, "App").await;
        assert_eq!((again.status, again.json()), (201, first.json()));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("etag"), first.header("etag"));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
    let other = make("one", "Another").await;
    assert_eq!(other.status, 422);
    let kind = other.json()["type"].as_str().unwrap().to_owned();
    assert_eq!(kind, "urn:gatelodge:problem:idempotency_key_reused");
    assert_eq!(make("two", "App").await.status, 201);

    let refused = make("three", "").await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        make("three", "Mended").await.status,
        201,
        "a key comes back"
    );

    for wrong in ["", "two words"] {
        assert_eq!(make(wrong, "App").await.status, 422, "{wrong:?}");
    }
    let listed = desk.ask(TestRequest::with_uri(clients)).await.json();
    let named = |name: &str| {
        let items = listed["items"].as_array().unwrap().iter();
        items.filter(|item| item["client_name"] == name).count()
    };
    assert_eq!((named("App"), named("Mended"), named("Another")), (2, 1, 0));
}

#[actix_web::test]
async fn of_many_requests_with_one_key_at_once_one_is_carried_out() {
    let desk = Desk::new().await;
    let clients = "/admin/v1/realms/system/clients";
    let new = json!({"client_name": "Burst", "redirect_uris": ["https://app.example.com/"]});
    let tries = (0..16).map(|_| {
        let request = TestRequest::post().uri(clients);
        let request = request.insert_header(("idempotency-key", "burst"));
        desk.send(request, &new)
    });
    let answers = futures_util::future::join_all(tries).await;
    for answer in &answers {
        assert!(matches!(answer.status, 201 | 409), "{}", answer.status);
    }
    let listed = desk.ask(TestRequest::with_uri(clients)).await.json();
    let items = listed["items"].as_array().unwrap().iter();
    assert_eq!(
        items.filter(|item| item["client_name"] == "Burst").count(),
        1
    );
}
