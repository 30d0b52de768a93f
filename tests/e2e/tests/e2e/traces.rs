//! Traces: what a collector gets of sign-ins, tokens, mails and deliveries, which of them, and what
//! must never be in it.

mod collector;

use std::path::Path;

use gatelodge_testkit::client::encode_form;
use gatelodge_testkit::{Administrator, Browser, Http, Server};
use serde_json::json;
use tempfile::TempDir;

use crate::story::{confidential_client, person, public_client};
use crate::tls::until;
use collector::{Collector, Span};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const CALLER: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SERVER: u64 = 2;
const CLIENT: u64 = 3;

/// A demonstration whose traces a collector gets, with more settings.
struct House {
    collector: Collector,
    server: Server,
    folder: TempDir,
}

impl House {
    fn open(telemetry: &str, further: impl FnOnce(&Path, u16) -> String) -> Self {
        let folder = TempDir::new().unwrap();
        let collector = Collector::start();
        let port = collector.port;
        let config = folder.path().join("gatelodge.toml");
        let text = format!(
            "[telemetry]\nendpoint = \"http://127.0.0.1:{port}\"\n{telemetry}\n{}",
            further(folder.path(), port)
        );
        std::fs::write(&config, text).unwrap();
        Self {
            collector,
            server: Server::demo_with(&["--config", config.to_str().unwrap()]),
            folder,
        }
    }

    fn with(telemetry: &str) -> Self {
        Self::open(telemetry, |_, _| String::new())
    }

    /// Spans once there are all of the traces that end with a request of that name.
    fn traces_with(&self, name: &str, count: usize) -> Vec<Span> {
        until(|| {
            let spans = self.collector.spans();
            let found = spans.iter().filter(|span| span.name == name).count();
            (found >= count).then_some(spans)
        })
    }

    /// Every span there will be: the server is stopped, which sends what is left.
    fn all(&mut self) -> Vec<Span> {
        assert_eq!(self.server.stop(), Some(0));
        self.collector.spans()
    }
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

fn parts<'a>(spans: &'a [Span], of: &Span) -> Vec<&'a str> {
    let parts = spans.iter().filter(|span| span.parent == of.id);
    parts.map(|span| span.name.as_str()).collect()
}

fn status(span: &Span) -> &str {
    &span.attributes["http.response.status_code"]
}

#[test]
fn a_request_is_a_trace_of_what_it_waited_for() {
    let mut house = House::with("service_name = \"gate-7\"");
    let server = &house.server;
    let app = public_client(server, "openid");
    let (username, password) = person(server);
    let code = app.code(&mut Browser::new(), username, password);
    let _ = app.redeem(&code).expect_status(200);
    let wrong = app.redeem(&code);
    assert_eq!(wrong.status, 400);
    let unknown = Http::default().get(&format!("{}/who/am/i?name=ada", server.issuer), &[]);
    assert_eq!(unknown.status, 404);
    let administrator = Administrator::of(server);
    let _ = administrator.get("/realms/default").expect_status(200);
    let _ = administrator.get("/realms/invented").expect_status(404);
    let spans = house.all();

    for span in &spans {
        assert_eq!((span.trace.len(), span.id.len()), (32, 16), "{span:?}");
        assert!(span.began > 1_700_000_000_000_000_000, "{span:?}");
        assert!(span.ended >= span.began, "{span:?}");
        assert_eq!(span.resource["service.name"], "gate-7");
        let above = spans.iter().find(|other| other.id == span.parent);
        match above {
            Some(above) => assert_eq!(above.trace, span.trace),
            None => assert_eq!(span.parent, "", "{span:?}"),
        }
    }
    // The password is hashed within the request that brings it.
    let sign_in = named(&spans, "POST /login");
    let sign_in = sign_in
        .iter()
        .find(|span| parts(&spans, span).contains(&"hash"))
        .unwrap_or_else(|| panic!("{spans:#?}"));
    assert!(parts(&spans, sign_in).contains(&"hash wait"));
    assert!(parts(&spans, sign_in).contains(&"storage commit"));
    let hash = spans.iter().find(|span| span.name == "hash").unwrap();
    assert!(hash.ended - hash.began > 1_000_000, "a hash takes its time");
    assert!(hash.began >= sign_in.began && hash.ended <= sign_in.ended);

    let tokens = named(&spans, "POST /oauth2/token");
    let good = tokens.iter().find(|span| status(span) == "200").unwrap();
    assert_eq!(good.kind, SERVER);
    let attribute = |name: &str| good.attributes.get(name).map(String::as_str);
    assert_eq!(attribute("http.request.method"), Some("POST"));
    assert_eq!(attribute("http.route"), Some("/oauth2/token"));
    assert_eq!(attribute("gatelodge.listener"), Some("auth"));
    assert_eq!(attribute("gatelodge.realm"), Some("default"));
    assert!(attribute("gatelodge.request_id").is_some_and(|id| !id.is_empty()));
    assert!(parts(&spans, good).contains(&"storage wait"));
    assert!(parts(&spans, good).contains(&"storage commit"));
    let refused = tokens.iter().find(|span| status(span) == "400").unwrap();
    assert!(!refused.failed, "a client's mistake is none of the server");

    let nowhere = named(&spans, "GET");
    assert!(nowhere.iter().any(|span| status(span) == "404"));
    let realm = |status: &str| {
        let found = named(&spans, "GET /admin/v1/realms/{realm}");
        let found = found
            .into_iter()
            .find(|span| span.attributes["http.response.status_code"] == status);
        found.unwrap().attributes.get("gatelodge.realm").cloned()
    };
    assert_eq!(realm("200").as_deref(), Some("default"));
    assert_eq!(realm("404"), None, "a word of a stranger is no attribute");
}

#[test]
fn mails_and_deliveries_are_traces_of_their_own() {
    let mut house = House::open("", |folder, port| {
        format!(
            "[mail]\ntransport = \"file\"\nfolder = \"{}\"\nfrom = \"no-reply@id.example\"\n\
             [audit]\nwebhook_url = \"http://127.0.0.1:{port}/in\"\nwebhook_key = \"{KEY}\"\n\
             webhook_private = true\n",
            folder.join("mails").display()
        )
    });
    let server = &house.server;
    let administrator = Administrator::of(server);
    let person = json!({
        "username": "grace",
        "email": "grace@people.example",
        "email_verified": true,
        "password": "a long enough password",
    });
    let _ = administrator
        .post("/realms/default/users", &person)
        .expect_status(201);
    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/recover", server.issuer));
    let asked = browser.submit(&page, &[("username", "grace")]);
    assert_eq!(asked.status, 200);
    let spans = house.traces_with("send mail", 1);
    let mail = named(&spans, "send mail")[0];
    assert_eq!((mail.kind, mail.parent.as_str()), (CLIENT, ""));
    assert_eq!(mail.attributes["gatelodge.outcome"], "sent");
    assert_eq!(mail.attributes["gatelodge.transport"], "file");
    let spans = house.traces_with("deliver audit records", 1);
    let delivery = named(&spans, "deliver audit records")[0];
    assert_eq!((delivery.kind, delivery.parent.as_str()), (CLIENT, ""));
    assert_eq!(delivery.attributes["gatelodge.sink"], "webhook");
    assert!(!delivery.failed);
    // Background work that nobody asked for makes no traces.
    let spans = house.all();
    let roots = spans.iter().filter(|span| span.parent.is_empty());
    for root in roots {
        let known = root.kind == SERVER || root.kind == CLIENT;
        assert!(known, "{root:?}");
    }
    let mails = std::fs::read_dir(house.folder.path().join("mails")).unwrap();
    assert!(mails.count() > 0);
    let posted = house.collector.posted();
    for export in posted.iter().filter(|it| it.path == "/v1/traces") {
        assert!(!contains(&export.body, "grace"), "a name is in a trace");
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[test]
fn no_secret_and_nobodys_name_is_in_a_trace() {
    let mut house = House::with("headers = \"x-api-key=only for the collector\"");
    let server = &house.server;
    let app = public_client(server, "openid profile email offline_access");
    let administrator = Administrator::of(server);
    // A long name: what is random in a trace holds any three letters now and then.
    let (username, password) = ("countess-of-lovelace", "a long enough password of hers");
    let countess = json!({"username": username, "password": password});
    let made = administrator.post("/realms/default/users", &countess);
    let _ = made.expect_status(201);
    let mut browser = Browser::new();
    let url = app.authorize_url(&[("prompt", "consent")]);
    let code = app.code(&mut browser, username, password);
    let first = app.redeem(&code).expect_status(200);
    let (access, refresh) = (first.field("access_token"), first.field("refresh_token"));
    let second = app.refresh(&refresh).expect_status(200);
    let _ = app.userinfo(&access).expect_status(200);
    let _ = browser.open(&url);
    let machine = confidential_client(server, "");
    let own = machine.token(&[("grant_type", "client_credentials")]);
    let own = own.expect_status(200).field("access_token");
    let _ = machine.authenticated_post("/oauth2/introspect", &[("token", &access)]);
    let _ = machine.authenticated_post("/oauth2/revoke", &[("token", &access)]);
    let cookies = browser.cookie_header("127.0.0.1");
    let cookies: Vec<String> = cookies
        .split("; ")
        .filter_map(|pair| pair.split_once('='))
        .map(|(_, value)| value.to_owned())
        .collect();
    assert!(!cookies.is_empty());
    let hopper = json!({"username": "hopper", "password": "a long enough password"});
    let made = administrator.post("/realms/default/users", &hopper);
    let id = made.expect_status(201).field("id");
    let path = format!("/realms/default/users/{id}");
    let _ = administrator.get(&path).expect_status(200);
    let secret = machine.client_secret.clone().unwrap();
    let mut secrets = vec![
        password.to_owned(),
        username.to_owned(),
        code,
        access,
        refresh,
        second.field("access_token"),
        second.field("refresh_token"),
        second.field("id_token"),
        own,
        secret,
        administrator.token.clone(),
        "hopper".to_owned(),
        "a long enough password".to_owned(),
        id,
        "a-state".to_owned(),
        "a-nonce".to_owned(),
    ];
    secrets.extend(cookies);
    let spans = house.all();
    assert!(named(&spans, "GET /admin/v1/realms/{realm}/users/{user}").len() == 1);
    assert!(!named(&spans, "POST /oauth2/token").is_empty());
    for span in &spans {
        let mut texts = span.attributes.values().chain([&span.name]);
        assert!(!texts.any(|text| text.contains('?')), "a query: {span:?}");
    }
    let posted = house.collector.posted();
    assert!(!posted.is_empty());
    for export in posted {
        let head = export.head.to_ascii_lowercase();
        assert!(head.contains("x-api-key: only for the collector"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf"));
        assert!(!contains(&export.body, "only for the collector"));
        for secret in &secrets {
            let written = encode_form(&[("a", secret)]);
            for text in [secret.as_str(), &written[2..]] {
                assert!(!contains(&export.body, text), "{text} is in a trace");
            }
        }
    }
}

fn asked(house: &House, traceparent: &str) {
    let url = format!("{}/.well-known/openid-configuration", house.server.issuer);
    let _ = Http::default()
        .get(&url, &[("traceparent", traceparent)])
        .expect_status(200);
}

fn discovered(spans: &[Span]) -> Vec<&Span> {
    named(spans, "GET /.well-known/openid-configuration")
}

#[test]
fn a_trusted_callers_trace_goes_on_as_the_caller_says() {
    let trusting = "sample_ratio = 0.0\ntrusted_callers = [\"127.0.0.0/8\"]";
    let mut house = House::with(trusting);
    asked(&house, &format!("00-{CALLER}-00f067aa0ba902b7-01"));
    asked(&house, &format!("00-{CALLER}-00f067aa0ba902b8-00"));
    asked(&house, "nonsense");
    let spans = house.all();
    let [one] = discovered(&spans)[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(
        (one.trace.as_str(), one.parent.as_str()),
        (CALLER, "00f067aa0ba902b7")
    );

    let mut house = House::with("trusted_callers = [\"192.0.2.0/24\"]");
    asked(&house, &format!("00-{CALLER}-00f067aa0ba902b7-01"));
    asked(&house, &format!("00-{CALLER}-00f067aa0ba902b8-00"));
    let spans = house.all();
    let found = discovered(&spans);
    assert_eq!(found.len(), 2, "what strangers say counts for nothing");
    assert!(found.iter().all(|span| span.parent.is_empty()));
    assert!(spans.iter().all(|span| span.trace != CALLER));
}

#[test]
fn as_many_traces_are_kept_as_the_ratio_says() {
    let mut house = House::with("sample_ratio = 0.25");
    for _ in 0..200 {
        asked(&house, "");
    }
    let kept = discovered(&house.all()).len();
    // Others' requests (probes) take part in the draw.
    assert!((46..=54).contains(&kept), "{kept} of 200");
}

#[test]
fn spans_are_counted_among_the_figures_and_none_is_made_by_default() {
    let figure = |server: &Server| {
        let page = Http::default().get(&format!("{}/metrics", server.admin_url), &[]);
        let text = page.expect_status(200).text();
        let sample = "gatelodge_trace_spans_total{outcome=\"exported\"} ";
        let value = text.lines().find_map(|line| line.strip_prefix(sample));
        value.unwrap().parse::<u64>().unwrap()
    };
    let house = House::with("");
    asked(&house, "");
    until(|| (figure(&house.server) > 0).then_some(()));
    let quiet = Server::demo();
    let machine = confidential_client(&quiet, "");
    let _ = machine.token(&[("grant_type", "client_credentials")]);
    assert_eq!(figure(&quiet), 0);
}
