//! A light load through nginx that looks at every answer: machine tokens, introspection,
//! userinfo, keys, and a browser that stays signed in and gets codes, which are redeemed and
//! rotated. Each of these steps may meet another node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gatelodge_testkit::client::{NoAnswer, basic, encode_form};
use gatelodge_testkit::relying_party::{VERIFIER, parameter, redirect_parameters};
use gatelodge_testkit::{Answer, Browser, Http};

use crate::Cluster;
use crate::stopwatch::now;

/// Between two requests of one worker: nodes, database and load share few processors.
const PAUSE: Duration = Duration::from_millis(10);
/// nginx ends idle connections of clients when it reloads; that is between it and them.
const CLOSE: (&str, &str) = ("connection", "close");

/// What the load met.
#[derive(Debug, Default, Clone)]
pub struct Met {
    /// Requests that were answered as they should.
    pub served: u64,
    /// Requests that were turned away with 503 and `Retry-After`.
    pub turned_away: u64,
    /// Everything else, in words.
    pub failed: Vec<String>,
    /// The longest that one answer took.
    pub slowest: Duration,
}

impl Met {
    fn add(&mut self, other: Self) {
        self.served += other.served;
        self.turned_away += other.turned_away;
        self.failed.extend(other.failed);
        self.slowest = self.slowest.max(other.slowest);
    }
}

/// A running load.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<Met>>,
}

#[derive(Clone)]
struct Target {
    issuer: String,
    authorization: String,
    introspected: String,
    personal: String,
    /// The public client, where it asks for a code without asking the person, and where it is
    /// answered.
    client_id: String,
    authorize_url: String,
    redirect_uri: String,
    /// Of the browser.
    cookies: String,
}

impl Load {
    /// That many workers.
    pub fn start(cluster: &Cluster, workers: usize) -> Self {
        let party = cluster.confidential_client();
        let public = cluster.public_client();
        let secret = party.client_secret.clone().unwrap_or_default();
        let machine = party.token(&[("grant_type", "client_credentials")]);
        let text = |name: &str| cluster.demo["user"][name].as_str().unwrap();
        let mut browser = Browser::new();
        let code = public.code(&mut browser, text("username"), text("password"));
        let person = public.redeem(&code).expect_status(200);
        let target = Target {
            issuer: cluster.issuer.clone(),
            authorization: basic(&party.client_id, &secret),
            introspected: machine.expect_status(200).field("access_token"),
            personal: person.field("access_token"),
            authorize_url: public.authorize_url(&[("prompt", "none")]),
            client_id: public.client_id,
            redirect_uri: public.redirect_uri,
            cookies: browser.cookie_header("127.0.0.1"),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let workers = (0..workers)
            .map(|_| {
                let (stop, target) = (stop.clone(), target.clone());
                std::thread::spawn(move || work(&target, &stop))
            })
            .collect();
        Self { stop, workers }
    }

    /// Ends it.
    pub fn stop(self) -> Met {
        self.stop.store(true, Ordering::Relaxed);
        let mut met = Met::default();
        for worker in self.workers {
            met.add(worker.join().unwrap());
        }
        met
    }
}

fn work(target: &Target, stop: &AtomicBool) -> Met {
    let mut met = Met::default();
    let http = Http::default();
    while !stop.load(Ordering::Relaxed) {
        for request in [machine_token, introspection, userinfo, key_set] {
            let _ = ask(&mut met, 200, || request(&http, target));
        }
        let _ = code_and_refresh(&mut met, &http, target);
    }
    met
}

/// One request and what came of it: the answer, where it is the good one.
fn ask(
    met: &mut Met,
    good: u16,
    request: impl FnOnce() -> Result<Answer, NoAnswer>,
) -> Option<Answer> {
    let began = now();
    let answer = request();
    met.slowest = met.slowest.max(began.elapsed());
    let found = judge(met, good, answer);
    std::thread::sleep(PAUSE);
    found
}

fn judge(met: &mut Met, good: u16, answer: Result<Answer, NoAnswer>) -> Option<Answer> {
    match answer {
        Ok(answer) if answer.status == good => {
            met.served += 1;
            return Some(answer);
        }
        Ok(answer) if answer.status == 503 && answer.header("retry-after").is_some() => {
            met.turned_away += 1;
        }
        Ok(answer) => met
            .failed
            .push(format!("{}: {}", answer.status, answer.text())),
        Err(NoAnswer(why)) => met.failed.push(why),
    }
    None
}

/// A code, the tokens that it buys, and those that its refresh token buys. What is turned away
/// ends the walk: nobody knows whether it was done.
fn code_and_refresh(met: &mut Met, http: &Http, target: &Target) -> Option<()> {
    let answer = ask(met, 303, || {
        let headers = [("cookie", target.cookies.as_str()), CLOSE];
        http.try_send("GET", &target.authorize_url, &headers, b"")
    })?;
    let told = redirect_parameters(&answer);
    let Some(code) = parameter(&told, "code") else {
        met.failed.push(format!("no code: {told:?}"));
        return None;
    };
    let tokens = ask(met, 200, || {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &target.client_id),
            ("code", code),
            ("redirect_uri", &target.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        post(http, target, "/oauth2/token", None, &form)
    })?;
    ask(met, 200, || {
        let token = tokens.field("refresh_token");
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &target.client_id),
            ("refresh_token", &token),
        ];
        post(http, target, "/oauth2/token", None, &form)
    })
    .map(|_| ())
}

/// Posts a form, as the client with those credentials or as one without.
fn post(
    http: &Http,
    target: &Target,
    path: &str,
    credentials: Option<&str>,
    form: &[(&str, &str)],
) -> Result<Answer, NoAnswer> {
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded"), CLOSE];
    headers.extend(credentials.map(|text| ("authorization", text)));
    let url = format!("{}{path}", target.issuer);
    http.try_send("POST", &url, &headers, encode_form(form).as_bytes())
}

fn get(http: &Http, target: &Target, path: &str, token: &str) -> Result<Answer, NoAnswer> {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![CLOSE];
    if !token.is_empty() {
        headers.push(("authorization", bearer.as_str()));
    }
    http.try_send("GET", &format!("{}{path}", target.issuer), &headers, b"")
}

fn machine_token(http: &Http, target: &Target) -> Result<Answer, NoAnswer> {
    let form = [("grant_type", "client_credentials")];
    let credentials = Some(target.authorization.as_str());
    post(http, target, "/oauth2/token", credentials, &form)
}

fn introspection(http: &Http, target: &Target) -> Result<Answer, NoAnswer> {
    let form = [("token", target.introspected.as_str())];
    let credentials = Some(target.authorization.as_str());
    post(http, target, "/oauth2/introspect", credentials, &form)
}

fn userinfo(http: &Http, target: &Target) -> Result<Answer, NoAnswer> {
    get(http, target, "/oauth2/userinfo", &target.personal)
}

fn key_set(http: &Http, target: &Target) -> Result<Answer, NoAnswer> {
    get(http, target, "/oauth2/jwks", "")
}
