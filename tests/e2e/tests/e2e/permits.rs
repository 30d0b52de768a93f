//! Who may do what on the admin plane. The walks go by the document that the server itself
//! serves: whatever operation it describes is tried, with the scopes that it says are needed.

use std::collections::{BTreeMap, BTreeSet};

use gatelodge_testkit::{Administrator, Answer, Browser, Http, RelyingParty, Server};
use serde_json::{Value, json};

use crate::story::confidential_client;

pub(crate) const PASSWORD: &str = "a long enough password";
const ABSENT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// One operation of the admin API.
struct Operation {
    method: String,
    path: String,
    scopes: Vec<String>,
}

impl Operation {
    /// Every operation of the live document.
    fn all(server: &Server) -> Vec<Self> {
        let document = Http::default()
            .get(&format!("{}/openapi.json", server.admin_url), &[])
            .json();
        let mut all = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            if !path.starts_with("/admin/") {
                continue;
            }
            for (method, operation) in operations.as_object().unwrap() {
                if !["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                    continue;
                }
                let needed = operation["security"][0]["bearer"].as_array();
                let needed = needed.unwrap_or_else(|| panic!("{method} {path} names no scope"));
                all.push(Self {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    scopes: needed
                        .iter()
                        .map(|scope| scope.as_str().unwrap().to_owned())
                        .collect(),
                });
            }
        }
        assert!(
            all.len() > 60,
            "only {} operations are described",
            all.len()
        );
        all
    }

    fn is_about_a_realm(&self) -> bool {
        self.path.contains("{realm}")
    }

    /// Asks with that token; placeholders that are not named hold something that is not there.
    fn ask(&self, server: &Server, token: Option<&str>, named: &[(&str, &str)]) -> Answer {
        let segments = self.path.split('/').map(|part| {
            let name = part.trim_matches(['{', '}']);
            let value = named.iter().find(|(known, _)| *known == name);
            match value {
                _ if !part.starts_with('{') => part,
                Some((_, value)) => value,
                None => ABSENT,
            }
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let url = format!("{}{path}", server.admin_url);
        let authorization = token.map(|token| format!("Bearer {token}"));
        let bearer = authorization
            .iter()
            .map(|value| ("authorization", value.as_str()));
        let kind = match self.method.as_str() {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let headers: Vec<(&str, &str)> = bearer.chain([("content-type", kind)]).collect();
        let body: &[u8] = match self.method.as_str() {
            "GET" | "DELETE" => b"",
            _ => b"{}",
        };
        Http::default().send(&self.method, &url, &headers, body)
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What of an error answer is the same for everybody.
fn shape(answer: &Answer) -> Value {
    let mut body = answer.json();
    let kept = ["type", "title", "status", "detail"];
    body.as_object_mut()
        .unwrap()
        .retain(|name, _| kept.contains(&name.as_str()));
    body
}

/// The relying party of `lodge`.
fn lodge(server: &Server, scope: &str) -> RelyingParty {
    RelyingParty::new(&server.admin_url, &server.demo["admin_client"], scope)
}

pub(crate) fn signed_in(server: &Server, username: &str, password: &str, scope: &str) -> Answer {
    let party = lodge(server, scope);
    let code = party.code(&mut Browser::new(), username, password);
    party.redeem(&code).expect_status(200)
}

/// Makes a user of that realm, and answers their row id.
pub(crate) fn user(administrator: &Administrator, realm: &str, username: &str) -> String {
    let body = json!({"username": username, "password": PASSWORD});
    let made = administrator.post(&format!("/realms/{realm}/users"), &body);
    made.expect_status(201).field("id")
}

/// Makes somebody of `system` whose only role allows that, and signs them in.
fn limited(
    server: &Server,
    administrator: &Administrator,
    username: &str,
    permissions: &[String],
) -> Administrator {
    let id = user(administrator, "system", username);
    let body = json!({"name": format!("role-of-{username}"), "permissions": permissions});
    let _ = administrator
        .post("/realms/system/roles", &body)
        .expect_status(201);
    let given = format!("/realms/system/users/{id}/roles/role-of-{username}");
    let _ = administrator.put(&given, &json!({})).expect_status(204);
    let tokens = signed_in(server, username, PASSWORD, "openid admin");
    administrator.bearing(&tokens.field("access_token"))
}

/// Every permission that some operation asks for, spelled with that reach.
fn every(operations: &[Operation], reach: &str) -> Vec<String> {
    let names: BTreeSet<&String> = operations.iter().flat_map(|it| &it.scopes).collect();
    names.iter().map(|name| format!("{reach}{name}")).collect()
}

#[test]
fn without_a_token_that_is_good_here_every_operation_answers_the_same() {
    let server = Server::demo();
    let administrator = Administrator::of(&server);
    let operations = Operation::all(&server);
    let auth_port = confidential_client(&server, "")
        .token(&[("grant_type", "client_credentials")])
        .expect_status(200)
        .field("access_token");
    let revoked = Administrator::of(&server).token;
    let gone = lodge(&server, "").authenticated_post("/oauth2/revoke", &[("token", &revoked)]);
    assert_eq!(gone.status, 200, "{}", gone.text());
    let short = json!({"settings": {"access_token_lifetime": 1}});
    let _ = administrator
        .patch("/realms/system", &short)
        .expect_status(200);
    let expired = Administrator::of(&server);
    let runs_out = (0..100_000).any(|_| expired.get("/realms").status == 401);
    assert!(runs_out, "a token of a second does not expire");
    let usual = json!({"settings": {"access_token_lifetime": null}});
    let _ = administrator
        .patch("/realms/system", &usual)
        .expect_status(200);

    let mut seen: Option<Value> = None;
    for operation in &operations {
        for (what, token) in [
            ("none", None),
            ("nonsense", Some("rubbish")),
            ("of the other port", Some(auth_port.as_str())),
            ("revoked", Some(revoked.as_str())),
            ("expired", Some(expired.token.as_str())),
        ] {
            let place = format!("{} with a token that is {what}", operation.name());
            let answer = operation.ask(&server, token, &[("realm", "default")]);
            assert_eq!(answer.status, 401, "{place}: {}", answer.text());
            let challenge = answer.header("www-authenticate").unwrap();
            let named = challenge.contains("invalid_token");
            assert_eq!(named, token.is_some(), "{place}: {challenge}");
            let shape = shape(&answer);
            assert_eq!(seen.get_or_insert(shape.clone()), &shape, "{place}");
        }
    }
}

#[test]
fn without_its_scope_every_operation_answers_403_and_with_it_alone_it_does_not() {
    let server = Server::demo();
    let operations = Operation::all(&server);
    let names = every(&operations, "");
    let all = format!("openid {}", names.join(" "));
    let text = |name: &str| server.demo["admin"][name].as_str().unwrap();
    let tokens = signed_in(&server, text("username"), text("password"), &all);
    let party = lodge(&server, "");
    let mut refresh = tokens.field("refresh_token");
    // One sign-in; each refresh narrows what the whole of it was (RFC 6749 §6).
    let mut narrowed = |scope: &str| {
        let answer = party
            .token(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", &refresh),
                ("scope", scope),
            ])
            .expect_status(200);
        refresh = answer.field("refresh_token");
        answer.field("access_token")
    };
    let mut by_scope: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for name in &names {
        let others = names.iter().filter(|other| *other != name);
        let others: Vec<&str> = others.map(String::as_str).collect();
        let pair = (narrowed(&others.join(" ")), narrowed(name));
        by_scope.insert(name, pair);
    }
    let mut seen: Option<Value> = None;
    for operation in &operations {
        let [scope] = operation.scopes.as_slice() else {
            panic!("{} asks for more than one scope", operation.name());
        };
        let (without, with) = &by_scope[scope.as_str()];
        for realm in ["default", "nowhere"] {
            let answer = operation.ask(&server, Some(without), &[("realm", realm)]);
            let place = format!("{} in {realm}", operation.name());
            assert_eq!(answer.status, 403, "{place}: {}", answer.text());
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.contains("insufficient_scope"), "{place}");
            let shape = shape(&answer);
            assert_eq!(seen.get_or_insert(shape.clone()), &shape, "{place}");
        }
        let answer = operation.ask(&server, Some(with), &[("realm", "default")]);
        let refused = [401, 403, 405, 429, 500].contains(&answer.status);
        assert!(!refused, "{}: {}", operation.name(), answer.text());
    }
}

#[test]
fn an_administrator_is_told_how_many_requests_are_left_and_then_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("gatelodge.toml");
    std::fs::write(&config, "[limits]\nadmin_requests_per_minute = 12\n").unwrap();
    let server = Server::demo_with(&["--config", config.to_str().unwrap()]);
    let root = Administrator::of(&server);
    let other = user(&root, "system", "other");
    let given = format!("/realms/system/users/{other}/roles/administrator");
    let _ = root.put(&given, &json!({})).expect_status(204);
    // Whatever the answer is, it counts.
    for left in (0..10).rev() {
        let path = ["/realms", "/realms/nowhere", "/nothing"][left % 3];
        let answer = root.get(path);
        let told = answer.header("ratelimit").unwrap();
        let expected = format!("\"administrator\";r={left};t=");
        assert!(told.starts_with(&expected), "{path}: {told}");
        let policy = answer.header("ratelimit-policy");
        assert_eq!(policy, Some("\"administrator\";q=12;w=60"));
    }
    let refused = root.get("/realms").expect_status(429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let kind = refused.field("type");
    assert_eq!(kind, "urn:gatelodge:problem:too_many_requests");
    assert!(refused.header("ratelimit").unwrap().contains(";r=0;"));
    // Each has their own.
    let tokens = signed_in(&server, "other", PASSWORD, "openid admin");
    let other = root.bearing(&tokens.field("access_token"));
    let _ = other.get("/realms").expect_status(200);
}

#[test]
fn beyond_their_realm_an_administrator_gets_the_same_403_everywhere() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    let realm = json!({"slug": "acme", "name": "Acme"});
    let _ = root.post("/realms", &realm).expect_status(201);
    let operations = Operation::all(&server);
    let here = limited(&server, &root, "here", &every(&operations, "acme/"));
    let mut seen: Option<Value> = None;
    for operation in &operations {
        for realm in ["default", "system", "nowhere"] {
            let answer = operation.ask(&server, Some(&here.token), &[("realm", realm)]);
            let place = format!("{} in {realm}", operation.name());
            assert_eq!(answer.status, 403, "{place}: {}", answer.text());
            let shape = shape(&answer);
            assert_eq!(seen.get_or_insert(shape.clone()), &shape, "{place}");
            if !operation.is_about_a_realm() {
                break;
            }
        }
    }
    // In their own realm nothing is refused; the realm itself goes last.
    let mut own: Vec<&Operation> = operations
        .iter()
        .filter(|it| it.is_about_a_realm())
        .collect();
    own.sort_by_key(|it| it.path.ends_with("{realm}"));
    for operation in own {
        let answer = operation.ask(&server, Some(&here.token), &[("realm", "acme")]);
        let refused = [401, 403, 405, 429, 500].contains(&answer.status);
        assert!(!refused, "{}: {}", operation.name(), answer.text());
    }
}

#[test]
fn beyond_their_group_an_administrator_changes_nothing_and_sees_nobody() {
    // Long enough that it is in no id by chance.
    const OTHERS: &str = "desk-of-others";
    let server = Server::demo();
    let root = Administrator::of(&server);
    for group in ["sales", OTHERS] {
        let _ = root
            .post("/realms/default/groups", &json!({"name": group}))
            .expect_status(201);
    }
    let inside = user(&root, "default", "an-insider");
    let outside = user(&root, "default", "an-outsider");
    let joined = format!("/realms/default/groups/sales/members/{inside}");
    let _ = root.put(&joined, &json!({})).expect_status(204);
    let operations = Operation::all(&server);
    let names = every(&operations, "default/sales/");
    let chief = limited(&server, &root, "chief", &names);

    let mut seen: Option<Value> = None;
    for operation in &operations {
        for somebody in [&outside, ABSENT, "nobody"] {
            let places = [("realm", "default"), ("user", somebody), ("group", OTHERS)];
            let answer = operation.ask(&server, Some(&chief.token), &places);
            let place = format!("{} for {somebody}", operation.name());
            let listed = operation.method == "GET" && answer.status == 200;
            if listed && !operation.path.contains("{user}") {
                let text = answer.text();
                for hidden in ["outsider", OTHERS, outside.as_str()] {
                    assert!(!text.contains(hidden), "{place}: {text}");
                }
                continue;
            }
            assert_eq!(answer.status, 403, "{place}: {}", answer.text());
            let shape = shape(&answer);
            assert_eq!(seen.get_or_insert(shape.clone()), &shape, "{place}");
        }
    }

    // Within it, they help people and take nobody away.
    let person = format!("/realms/default/users/{inside}");
    let listed = chief.get("/realms/default/users").expect_status(200).json();
    let ids: Vec<&str> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [inside.as_str()]);
    let renamed = json!({"profile": {"nickname": "In"}});
    let _ = chief.patch(&person, &renamed).expect_status(200);
    let password = json!({"password": "another long password"});
    let _ = chief
        .put(&format!("{person}/password"), &password)
        .expect_status(204);
    for path in [
        format!("{person}/roles"),
        format!("{person}/groups"),
        format!("{person}/permissions"),
        format!("{person}/consents"),
        format!("/realms/default/sessions?user={inside}"),
        format!("/realms/default/grants?user={inside}"),
        "/realms/default/groups/sales/members".to_owned(),
    ] {
        let _ = chief.get(&path).expect_status(200);
    }
    let off = json!({"status": "deactivated"});
    let _ = chief.patch(&person, &off).expect_status(200);
    assert_eq!(chief.delete(&joined).status, 403, "out of sight");
    assert_eq!(chief.delete(&person).status, 403, "gone for good");
    let role = json!({"name": "clerk", "permissions": ["orders:read"]});
    let _ = root.post("/realms/default/roles", &role).expect_status(201);
    let given = chief.put(&format!("{person}/roles/clerk"), &json!({}));
    assert_eq!(given.status, 403, "a role that they do not hold");
    let everybody = chief.get("/realms/default/sessions");
    assert_eq!(everybody.status, 403, "sessions of the whole realm");
}

#[test]
fn who_may_act_for_a_group_of_administrators_touches_none_of_them() {
    let server = Server::demo();
    let root = Administrator::of(&server);
    let _ = root
        .post("/realms/system/groups", &json!({"name": "staff"}))
        .expect_status(201);
    let plain = user(&root, "system", "plain");
    let officer = user(&root, "system", "officer");
    for id in [&plain, &officer] {
        let path = format!("/realms/system/groups/staff/members/{id}");
        let _ = root.put(&path, &json!({})).expect_status(204);
    }
    let role = json!({"name": "reader", "permissions": ["users:read"]});
    let _ = root.post("/realms/system/roles", &role).expect_status(201);
    let held = format!("/realms/system/users/{officer}/roles/reader");
    let _ = root.put(&held, &json!({})).expect_status(204);

    let names = ["users:read", "users:write", "roles:read", "roles:write"]
        .map(|name| format!("system/staff/{name}"));
    let chief = limited(&server, &root, "chief", &names);
    let password = json!({"password": "another long password"});
    let set = |id: &str| {
        let path = format!("/realms/system/users/{id}/password");
        chief.put(&path, &password).status
    };
    assert_eq!((set(&plain), set(&officer)), (204, 403));
    let give = |role: &str| {
        let path = format!("/realms/system/users/{plain}/roles/{role}");
        chief.put(&path, &json!({})).status
    };
    assert_eq!(give("administrator"), 403);
    assert_eq!(give("reader"), 403, "it reaches further than their own");
    assert_eq!(give("role-of-chief"), 204, "what they hold themselves");
}
