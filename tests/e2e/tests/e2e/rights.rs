//! Roles, groups, permissions, APIs and scopes: what they give, to whom, and what keeps them from
//! being taken away.

use gatelodge_testkit::{Administrator, Answer, Browser, Http, RelyingParty, Server};
use serde_json::{Value, json};

use crate::permits::{PASSWORD, signed_in, user};
use crate::story::confidential_client;

#[test]
fn roles_groups_and_permissions_live_from_creation_to_deletion() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    let base = "/realms/default";
    let role = |name: &str, permissions: Value| {
        let body = json!({"name": name, "permissions": permissions});
        let made = root.post(&format!("{base}/roles"), &body);
        made.expect_status(201).field("id")
    };
    let reader = role("reader", json!(["orders:read"]));
    let support = role("support", json!(["tickets:answer"]));
    let chief = role("chief", json!([]));
    let taken = root.post(&format!("{base}/roles"), &json!({"name": "chief"}));
    assert_eq!(taken.status, 409, "{}", taken.text());
    let include = |outer: &str, inner: &str| {
        let path = format!("{base}/roles/{outer}/roles/{inner}");
        root.put(&path, &json!({}))
    };
    let _ = include(&support, "reader").expect_status(204);
    let _ = include("chief", &support).expect_status(204);
    let _ = include("chief", &support).expect_status(204);
    for (outer, inner) in [
        ("reader", "chief"),
        ("support", "chief"),
        ("chief", "chief"),
    ] {
        let circle = include(outer, inner);
        assert_eq!(circle.status, 422, "{}", circle.text());
    }
    let shown = root.get(&format!("{base}/roles/{support}"));
    assert_eq!(shown.json()["includes"], json!(["reader"]));
    let stale = root.patch_at(&format!("{base}/roles/support"), "\"1\"", &json!({}));
    assert_eq!(stale.status, 412, "an inclusion changes the role");
    let renamed = root.patch(&format!("{base}/roles/support"), &json!({"name": "other"}));
    assert_eq!(renamed.status, 422, "{}", renamed.text());

    let _ = root
        .post(&format!("{base}/groups"), &json!({"name": "eu/sales"}))
        .expect_status(201);
    let group = format!("{base}/groups/eu%2Fsales");
    let given = format!("{group}/roles/chief");
    let _ = root.put(&given, &json!({})).expect_status(204);
    let ada = user(&root, "default", "ada-of-sales");
    let member = format!("{group}/members/{ada}");
    let _ = root.put(&member, &json!({})).expect_status(204);
    let why = root.get(&format!("{base}/users/{ada}/permissions/orders:read"));
    assert_eq!(
        why.json(),
        json!({"allowed": true, "because": [
            {"role": "reader", "via": ["chief", "support"], "group": "eu/sales"}]})
    );
    let not = root.get(&format!("{base}/users/{ada}/permissions/orders:write"));
    assert_eq!(not.json(), json!({"allowed": false, "because": []}));
    let all = root.get(&format!("{base}/users/{ada}/permissions")).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let holders = root.get(&format!("{base}/roles/chief/holders")).json();
    assert_eq!(holders["items"][0]["kind"], "group");
    assert_eq!(holders["items"][0]["name"], "eu/sales");

    let described = json!({"name": "orders:read", "description": "See orders"});
    let _ = root
        .post(&format!("{base}/permissions"), &described)
        .expect_status(201);
    let kept = root.delete(&format!("{base}/permissions/orders:read"));
    assert_eq!(kept.status, 409, "{}", kept.text());
    let taken = format!("{base}/roles/{reader}/permissions/orders:read");
    let _ = root.delete(&taken).expect_status(204);
    let _ = root
        .delete(&format!("{base}/permissions/orders:read"))
        .expect_status(204);
    let _ = root
        .delete(&format!("{base}/roles/{support}"))
        .expect_status(204);
    let left = root.get(&format!("{base}/users/{ada}/roles")).json();
    let names: Vec<&Value> = left["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| &role["name"])
        .collect();
    assert_eq!(names, ["chief"], "what went with it is gone");
    assert_eq!(left["items"][0]["direct"], false, "it comes from the group");
    let own = format!("{base}/users/{ada}/roles/chief");
    let _ = root.put(&own, &json!({})).expect_status(204);
    let held = root.get(&format!("{base}/users/{ada}/roles")).json();
    assert_eq!(held["items"][0]["direct"], true);
    let _ = root.delete(&member).expect_status(204);
    let _ = root.delete(&group).expect_status(204);
    let _ = root
        .delete(&format!("{base}/roles/{chief}"))
        .expect_status(204);

    for built_in in [
        "roles/administrator",
        "scopes/openid",
        "permissions/users:read",
    ] {
        let path = format!("/realms/system/{built_in}");
        let _ = root.get(&path).expect_status(200);
        assert_eq!(root.delete(&path).status, 409, "{built_in}");
        assert_eq!(root.patch(&path, &json!({})).status, 409, "{built_in}");
    }
}

/// An API and a scope of it that requires a permission; the API's row id.
fn orders(root: &Administrator) -> String {
    let base = "/realms/default";
    let api = json!({"identifier": "https://orders.example", "name": "Orders", "listed": true});
    let api = root.post(&format!("{base}/apis"), &api);
    let api = api.expect_status(201).field("id");
    let scope = json!({
        "name": "orders", "description": "See and change your orders", "api": api,
        "requires": ["orders:use"], "include_in_discovery": true,
    });
    let _ = root
        .post(&format!("{base}/scopes"), &scope)
        .expect_status(201);
    api
}

/// Whoever does not ask for roles, groups and permissions is told none, wherever they could be.
fn is_told_no_rights(party: &RelyingParty, username: &str) {
    let code = party.code(&mut Browser::new(), username, PASSWORD);
    let told = party.redeem(&code).expect_status(200);
    let access = told.field("access_token");
    let userinfo = party.userinfo(&access).expect_status(200).json();
    let id_token = gatelodge_testkit::Jwt::parse(&told.field("id_token")).claims;
    let access = gatelodge_testkit::Jwt::parse(&access).claims;
    assert!(access["scope"].as_str().unwrap().contains("orders"));
    for claim in ["roles", "groups", "entitlements"] {
        for place in [&access, &id_token, &userinfo] {
            assert!(place.get(claim).is_none(), "{claim} in {place}");
        }
    }
}

#[test]
fn a_scope_that_requires_a_permission_is_granted_while_it_is_held() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    let base = "/realms/default";
    let _ = orders(&root);
    let metadata = Http::default()
        .get(
            &format!("{}/.well-known/openid-configuration", server.issuer),
            &[],
        )
        .json();
    let listed = metadata["scopes_supported"].as_array().unwrap();
    assert!(listed.contains(&json!("orders")), "{metadata}");
    let resources = json!(["https://orders.example"]);
    assert_eq!(metadata["protected_resources"], resources);

    let client = server.demo["confidential_client"]["client_id"].as_str();
    let client = format!("{base}/clients/{}", client.unwrap());
    let scopes = "openid profile offline_access roles groups entitlements orders";
    let _ = root
        .patch(&client, &json!({"scope": scopes}))
        .expect_status(200);
    let party = confidential_client(&server, "openid roles groups entitlements orders");
    let role = json!({"name": "buyer", "permissions": ["orders:use"]});
    for body in [role, json!({"name": "customer"})] {
        let _ = root
            .post(&format!("{base}/roles"), &body)
            .expect_status(201);
    }
    let included = format!("{base}/roles/customer/roles/buyer");
    let _ = root.put(&included, &json!({})).expect_status(204);
    let _ = root
        .post(&format!("{base}/groups"), &json!({"name": "customers"}))
        .expect_status(201);
    let given = format!("{base}/groups/customers/roles/customer");
    let _ = root.put(&given, &json!({})).expect_status(204);
    let bea = user(&root, "default", "bea");

    let scope_of = |answer: &Answer| {
        let token = gatelodge_testkit::Jwt::parse(&answer.field("access_token"));
        let scope = token.claims["scope"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        scope.split(' ').any(|one| one == "orders")
    };
    let by_code = || {
        let code = party.code(&mut Browser::new(), "bea", PASSWORD);
        party.redeem(&code).expect_status(200)
    };
    let by_password = || {
        party
            .token(&[
                ("grant_type", "password"),
                ("username", "bea"),
                ("password", PASSWORD),
                ("scope", "openid orders"),
            ])
            .expect_status(200)
    };
    let by_itself = || {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "roles orders"),
        ];
        party.token(&form).expect_status(200)
    };
    assert!(!scope_of(&by_code()) && !scope_of(&by_password()) && !scope_of(&by_itself()));

    let member = format!("{base}/groups/customers/members/{bea}");
    let _ = root.put(&member, &json!({})).expect_status(204);
    let tokens = by_code();
    assert!(scope_of(&tokens) && scope_of(&by_password()));
    let token = gatelodge_testkit::Jwt::parse(&tokens.field("access_token"));
    assert_eq!(token.claims["roles"], json!(["buyer", "customer"]));
    assert_eq!(token.claims["groups"], json!(["customers"]));
    assert_eq!(token.claims["entitlements"], json!(["orders:use"]));
    let quiet = confidential_client(&server, "openid profile orders");
    is_told_no_rights(&quiet, "bea");

    let machine = format!("{client}/roles/buyer");
    let _ = root.put(&machine, &json!({})).expect_status(204);
    assert!(scope_of(&by_itself()));
    let allowed = root.get(&format!("{client}/permissions/orders:use"));
    assert_eq!(allowed.json()["allowed"], true);
    let _ = root.delete(&machine).expect_status(204);
    assert!(!scope_of(&by_itself()));

    // What was granted is asked again at each refresh, and comes back with the permission.
    let _ = root.delete(&member).expect_status(204);
    let narrower = party
        .refresh(&tokens.field("refresh_token"))
        .expect_status(200);
    assert!(!scope_of(&narrower));
    let _ = root.put(&member, &json!({})).expect_status(204);
    let again = party
        .refresh(&narrower.field("refresh_token"))
        .expect_status(200);
    assert!(scope_of(&again));
}

#[test]
fn an_api_or_scope_that_is_in_use_is_not_deleted() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    let base = "/realms/default";
    let api = orders(&root);
    let used = root.delete(&format!("{base}/apis/{api}"));
    assert_eq!(used.status, 409, "{}", used.text());
    let guarded = root.delete(&format!("{base}/scopes/orders"));
    assert_eq!(guarded.status, 409, "{}", guarded.text());
    let open = json!({"requires": [], "api": null});
    let _ = root
        .patch(&format!("{base}/scopes/orders"), &open)
        .expect_status(200);
    let again = root.get(&format!("{base}/scopes/orders")).json();
    assert_eq!(
        (&again["requires"], &again["api"]),
        (&json!([]), &json!(null))
    );
    let _ = root
        .delete(&format!("{base}/scopes/orders"))
        .expect_status(204);
    let identifier = "https%3A%2F%2Forders.example";
    let _ = root
        .delete(&format!("{base}/apis/{identifier}"))
        .expect_status(204);
}

#[test]
fn the_last_administrator_remains_whatever_makes_them_one() {
    the_last_administrator_remains(&Server::demo());
}

#[cfg(feature = "postgres-tests")]
#[test]
fn the_last_administrator_remains_on_postgresql_too() {
    let database = gatelodge_testkit::postgres::Database::create();
    let url = database.url();
    let storage = ["--storage", "postgres", "--database-url", &url];
    the_last_administrator_remains(&Server::demo_with(&storage));
}

/// Two do the same to each other at once; which of them it was done for, and not to.
fn at_once(
    two: &[Administrator; 2],
    done: u16,
    ask: impl Fn(&Administrator, usize) -> Answer + Sync,
) -> usize {
    let ask = &ask;
    let statuses = std::thread::scope(|scope| {
        let tries = [(0, 1), (1, 0)].map(|(who, whom)| {
            let who = &two[who];
            scope.spawn(move || ask(who, whom).status)
        });
        tries.map(|one| one.join().unwrap())
    });
    let all = statuses.iter().filter(|status| **status == done).count();
    assert_eq!(all, 1, "{statuses:?}");
    statuses.iter().position(|status| *status == done).unwrap()
}

fn the_last_administrator_remains(server: &Server) {
    let root = Administrator::of(server);
    let system = "/realms/system";
    // Two administrators by a composite role of a group, and the first one directly.
    let _ = root
        .post(&format!("{system}/groups"), &json!({"name": "board"}))
        .expect_status(201);
    let _ = root
        .post(&format!("{system}/roles"), &json!({"name": "director"}))
        .expect_status(201);
    let included = format!("{system}/roles/director/roles/administrator");
    let given = format!("{system}/groups/board/roles/director");
    let people = ["ann", "bob"].map(|name| user(&root, "system", name));
    let members = people
        .each_ref()
        .map(|id| format!("{system}/groups/board/members/{id}"));
    for path in members.iter().chain([&included, &given]) {
        let _ = root.put(path, &json!({})).expect_status(204);
    }
    let sign_in = || {
        ["ann", "bob"].map(|name| {
            let tokens = signed_in(server, name, PASSWORD, "openid admin");
            root.bearing(&tokens.field("access_token"))
        })
    };
    let mut directors = sign_in();
    let first = root.get(&format!("{system}/users?username=admin")).json();
    let first = first["items"][0]["id"].as_str().unwrap().to_owned();
    let _ = directors[0]
        .delete(&format!("{system}/users/{first}"))
        .expect_status(204);

    // Each puts the other out at once, again and again: one of them remains each time.
    for _ in 0..8 {
        let remaining = at_once(&directors, 204, |who, whom| who.delete(&members[whom]));
        for path in &members {
            let _ = directors[remaining]
                .put(path, &json!({}))
                .expect_status(204);
        }
    }
    // So it is whatever they use.
    let accounts = people.each_ref().map(|id| format!("{system}/users/{id}"));
    let off = json!({"status": "deactivated"});
    for _ in 0..4 {
        let shut_out = |who: &Administrator, whom: usize| who.patch_at(&accounts[whom], "*", &off);
        let remaining = at_once(&directors, 200, shut_out);
        let on = json!({"status": "active"});
        for path in &accounts {
            let _ = directors[remaining].patch(path, &on).expect_status(200);
        }
        // Whoever was shut out has to sign in again.
        directors = sign_in();
    }
    let last = &directors[0];
    let _ = last.delete(&members[1]).expect_status(204);
    for path in [
        members[0].clone(),
        given,
        included,
        format!("{system}/groups/board"),
        format!("{system}/roles/director"),
        format!("{system}/users/{}", people[0]),
    ] {
        let refused = last.delete(&path);
        assert_eq!(refused.status, 409, "{path}: {}", refused.text());
    }
    let away = json!({"status": "suspended", "suspended_until": "2999-01-01T00:00:00Z"});
    for shut_out in [&off, &away] {
        assert_eq!(last.patch(&accounts[0], shut_out).status, 409);
    }
    let _ = last.get("/realms").expect_status(200);
}
