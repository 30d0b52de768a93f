//! One call by everybody: by strangers, by administrators of something else, and by the one who
//! may.

use std::collections::{BTreeMap, BTreeSet};

use gatelodge_testkit::{Administrator, Answer, Http, RelyingParty, Server};
use serde_json::{Value, json};

use crate::permits::{PASSWORD, signed_in};

/// What a request bears.
#[derive(Clone)]
pub(super) enum Sent {
    Nothing,
    Json(Value),
    Bytes(&'static str, Vec<u8>),
}

impl From<Value> for Sent {
    fn from(body: Value) -> Self {
        Self::Json(body)
    }
}

/// An operation as the document describes it.
#[derive(Clone)]
struct Operation {
    method: String,
    path: String,
    scope: String,
    described: Value,
}

impl Operation {
    fn takes_header(&self, name: &str) -> bool {
        let parameters = self.described["parameters"].as_array();
        parameters
            .into_iter()
            .flatten()
            .any(|it| it["in"] == "header" && it["name"] == name)
    }

    fn is_about_a_realm(&self) -> bool {
        self.path.contains("{realm}")
    }
}

/// Tokens around one scope.
struct Tokens {
    /// Of the house's administrator, with every scope but that one.
    without: String,
    /// Of somebody who may do what it names, with that scope alone.
    with: String,
}

/// Calls of one realm's operations.
pub(super) struct Walk<'a> {
    server: &'a Server,
    realm: &'a str,
    operations: BTreeMap<String, Operation>,
    schemas: Value,
    /// For operations about a realm, by administrators of that realm; and for the others.
    of_realm: BTreeMap<String, Tokens>,
    of_house: BTreeMap<String, Tokens>,
    /// Whoever may do everything, in another realm or for another group.
    beyond_realm: String,
    beyond_group: String,
    /// What who is beyond the group must not read.
    hidden: &'a [String],
    walked: BTreeSet<String>,
    calls: u32,
}

/// One sign-in, which each refresh narrows to a part of what was granted (RFC 6749 §6).
struct Narrowing {
    party: RelyingParty,
    refresh: String,
}

impl Narrowing {
    fn of(server: &Server, tokens: &Answer) -> Self {
        Self {
            party: RelyingParty::new(&server.admin_url, &server.demo["admin_client"], ""),
            refresh: tokens.field("refresh_token"),
        }
    }

    fn to(&mut self, scope: &str) -> String {
        let answer = self.party.token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &self.refresh),
            ("scope", scope),
        ]);
        let answer = answer.expect_status(200);
        self.refresh = answer.field("refresh_token");
        answer.field("access_token")
    }
}

/// Makes somebody of `system` who may do all of that, and signs them in.
fn somebody(
    server: &Server,
    root: &Administrator,
    name: &str,
    permissions: &[String],
    scope: &str,
) -> Answer {
    let body = json!({
        "username": name, "password": PASSWORD, "email": format!("{name}@example.org"),
        "email_verified": true,
    });
    let made = root.post("/realms/system/users", &body).expect_status(201);
    let role = json!({"name": format!("role-of-{name}"), "permissions": permissions});
    let _ = root.post("/realms/system/roles", &role).expect_status(201);
    let id = made.field("id");
    let given = format!("/realms/system/users/{id}/roles/role-of-{name}");
    let _ = root.put(&given, &json!({})).expect_status(204);
    signed_in(server, name, PASSWORD, scope)
}

fn operations(document: &Value) -> BTreeMap<String, Operation> {
    let mut all = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/admin/") {
            continue;
        }
        for (method, described) in item.as_object().unwrap() {
            let scopes = described["security"][0]["bearer"].as_array().unwrap();
            let [scope] = scopes.as_slice() else {
                panic!("{method} {path} does not need one scope");
            };
            let operation = Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                scope: scope.as_str().unwrap().to_owned(),
                described: described.clone(),
            };
            let id = described["operationId"].as_str().unwrap();
            all.insert(id.to_owned(), operation);
        }
    }
    all
}

impl<'a> Walk<'a> {
    pub(super) fn begin(
        server: &'a Server,
        root: &Administrator,
        realm: &'a str,
        hidden: &'a [String],
    ) -> Self {
        let url = format!("{}/openapi.json", server.admin_url);
        let document = Http::default().get(&url, &[]).json();
        let operations = operations(&document);
        let names: BTreeSet<&str> = operations.values().map(|it| it.scope.as_str()).collect();
        let every = |reach: &str| -> Vec<String> {
            names.iter().map(|name| format!("{reach}{name}")).collect()
        };
        let all = every("").join(" ");
        let all = format!("openid {all}");
        let text = |name: &str| server.demo["admin"][name].as_str().unwrap();
        let mine = signed_in(server, text("username"), text("password"), &all);
        let chief = every(&format!("{realm}/"));
        let chief = somebody(server, root, "chief", &chief, &all);
        let mut mine = Narrowing::of(server, &mine);
        let mut chief = Narrowing::of(server, &chief);
        let (mut of_realm, mut of_house) = (BTreeMap::new(), BTreeMap::new());
        for name in &names {
            let others = names.iter().filter(|other| *other != name);
            let others: Vec<&str> = others.copied().collect();
            let without = mine.to(&others.join(" "));
            let tokens = Tokens {
                without: without.clone(),
                with: mine.to(name),
            };
            of_house.insert((*name).to_owned(), tokens);
            let with = chief.to(name);
            of_realm.insert((*name).to_owned(), Tokens { without, with });
        }
        let token = |name: &str, permissions: &[String]| {
            let tokens = somebody(server, root, name, permissions, "openid admin");
            tokens.field("access_token")
        };
        Self {
            beyond_realm: token("harbour-master", &every("harbour/")),
            beyond_group: token("desk-chief", &every(&format!("{realm}/desk/"))),
            schemas: document["components"]["schemas"].clone(),
            server,
            realm,
            operations,
            of_realm,
            of_house,
            hidden,
            walked: BTreeSet::new(),
            calls: 0,
        }
    }

    /// Calls an operation: as everybody who may not, then at a revision that is none, and at last
    /// as whoever may, whose answer this is.
    pub(super) fn call(
        &mut self,
        id: &str,
        named: &[(&str, &str)],
        sent: impl Into<Sent>,
    ) -> Answer {
        let operation = self.operations.get(id);
        let operation = operation
            .unwrap_or_else(|| panic!("there is no operation {id}"))
            .clone();
        let sent = sent.into();
        self.calls += 1;
        let url = self.url(&operation, named);
        let ask = |token: Option<&str>, headers: &[(&str, &str)]| {
            send(&operation.method, &url, &sent, token, headers)
        };
        let all = if operation.is_about_a_realm() {
            &self.of_realm
        } else {
            &self.of_house
        };
        let tokens = &all[&operation.scope];
        let stranger = ask(None, &[]);
        assert_eq!(stranger.status, 401, "{id}: {}", stranger.text());
        for (who, token) in [
            ("without the scope", &tokens.without),
            ("beyond their realm", &self.beyond_realm),
        ] {
            is_forbidden(&format!("{id} {who}"), &ask(Some(token), &[]));
        }
        if operation.is_about_a_realm() {
            self.beyond_their_group(id, &operation, &ask(Some(&self.beyond_group), &[]));
        }
        let right = Some(tokens.with.as_str());
        if operation.takes_header("If-Match") {
            let stale = ask(right, &[("if-match", "\"stale\"")]);
            assert_eq!(stale.status, 412, "{id}: {}", stale.text());
        }
        let key = format!("{id}-{}", self.calls);
        let keyed = [("idempotency-key", key.as_str())];
        let takes_key = operation.takes_header("Idempotency-Key");
        let headers: &[(&str, &str)] = if takes_key { &keyed } else { &[] };
        let answer = ask(right, headers);
        self.is_as_described(id, &operation, &answer);
        if takes_key {
            let again = ask(right, headers);
            assert_eq!(again.header("idempotency-replayed"), Some("true"), "{id}");
            assert_eq!((again.status, &again.body), (answer.status, &answer.body));
        }
        self.walked.insert(id.to_owned());
        answer
    }

    /// Every operation was called.
    pub(super) fn expect_all(&self) {
        let all = self.operations.keys().cloned();
        let missed: Vec<String> = all.filter(|id| !self.walked.contains(id)).collect();
        assert!(missed.is_empty(), "nobody called {missed:?}");
        assert!(self.walked.len() > 100, "{}", self.walked.len());
    }

    fn url(&self, operation: &Operation, named: &[(&str, &str)]) -> String {
        let segments = operation.path.split('/').map(|part| {
            let Some(name) = part.strip_prefix('{').and_then(|it| it.strip_suffix('}')) else {
                return part;
            };
            let value = named.iter().find(|(known, _)| *known == name);
            match value {
                Some((_, value)) => *value,
                None if name == "realm" => self.realm,
                None => panic!("{} needs `{name}`", operation.path),
            }
        });
        let path = segments.collect::<Vec<_>>().join("/");
        format!("{}{path}", self.server.admin_url)
    }

    /// Lists show who may act for a group its people and nobody else; all other calls are no.
    fn beyond_their_group(&self, id: &str, operation: &Operation, answer: &Answer) {
        if operation.method != "GET" || answer.status != 200 || operation.path.contains("{user}") {
            return is_forbidden(&format!("{id} beyond their group"), answer);
        }
        let text = answer.text();
        for hidden in self.hidden {
            assert!(!text.contains(hidden.as_str()), "{id}: {text}");
        }
    }

    /// The answer is one that the document promises, with its headers and members.
    fn is_as_described(&self, id: &str, operation: &Operation, answer: &Answer) {
        let status = answer.status.to_string();
        assert!(status.starts_with('2'), "{id}: {status} {}", answer.text());
        let promised = &operation.described["responses"][&status];
        assert!(promised.is_object(), "{id}: {status} is not described");
        for (name, header) in promised["headers"].as_object().into_iter().flatten() {
            let is_there = answer.header(&name.to_lowercase()).is_some();
            assert!(is_there || header["required"] != true, "{id}: no {name}");
        }
        if answer.header("etag").is_some() {
            assert!(promised["headers"]["ETag"].is_object(), "{id}: an ETag");
        }
        for name in ["ratelimit", "ratelimit-policy"] {
            assert!(answer.header(name).is_some(), "{id}: no {name}");
        }
        let Some(content) = promised["content"].as_object() else {
            assert!(answer.body.is_empty(), "{id}: {}", answer.text());
            return;
        };
        let kind = answer.header("content-type").unwrap();
        let kind = kind.split(';').next().unwrap();
        let described = content.get(kind);
        let described = described.unwrap_or_else(|| panic!("{id} answers {kind}"));
        if kind == "application/json" {
            self.has_what_is_required(id, &described["schema"], &answer.json());
        }
    }

    fn has_what_is_required(&self, id: &str, schema: &Value, value: &Value) {
        let name = schema["$ref"]
            .as_str()
            .map(|it| it.rsplit('/').next().unwrap());
        let schema = name.map_or(schema, |name| &self.schemas[name]);
        for member in schema["required"].as_array().into_iter().flatten() {
            let member = member.as_str().unwrap();
            assert!(
                value.get(member).is_some(),
                "{id}: no `{member}` in {value}"
            );
        }
        for item in value["items"].as_array().into_iter().flatten() {
            let of_items = &schema["properties"]["items"]["items"];
            self.has_what_is_required(id, of_items, item);
        }
    }
}

fn is_forbidden(place: &str, answer: &Answer) {
    assert_eq!(answer.status, 403, "{place}: {}", answer.text());
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.contains("insufficient_scope"), "{place}");
}

fn send(
    method: &str,
    url: &str,
    sent: &Sent,
    token: Option<&str>,
    headers: &[(&str, &str)],
) -> Answer {
    let mut all = headers.to_vec();
    let authorization = token.map(|token| format!("Bearer {token}"));
    all.extend(
        authorization
            .iter()
            .map(|it| ("authorization", it.as_str())),
    );
    let text;
    let body: &[u8] = match sent {
        Sent::Nothing => b"",
        Sent::Json(value) => {
            all.push((
                "content-type",
                if method == "PATCH" {
                    "application/merge-patch+json"
                } else {
                    "application/json"
                },
            ));
            text = value.to_string();
            text.as_bytes()
        }
        Sent::Bytes(kind, bytes) => {
            all.push(("content-type", *kind));
            bytes
        }
    };
    Http::default().send(method, url, &all, body)
}
