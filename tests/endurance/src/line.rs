//! A client's line to the server: every call is counted, and either answered or not.
//!
//! A call that got no answer, or the answer that the server cannot serve now, says nothing
//! about whether what it asked for was done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use gatelodge_testkit::client::{basic, encode_form};
use gatelodge_testkit::{Answer, Browser, Form, Http, NoAnswer, RelyingParty};
use serde_json::Value;

use crate::pace::Pace;
use crate::stopwatch::now;

/// Why a story ends early.
#[derive(Debug, Clone)]
pub enum Stop {
    /// There was no answer: what was asked for may be done or not.
    Lost,
    /// The server broke a promise; which, in words.
    Broken(String),
}

/// What a step of a story comes to.
pub type Step<T> = Result<T, Stop>;

/// A broken promise.
pub fn broken<T>(what: impl Into<String>) -> Step<T> {
    Err(Stop::Broken(what.into()))
}

/// What all clients know: where the server is, and who they are there.
#[derive(Debug)]
pub struct World {
    /// The default realm's issuer.
    pub issuer: String,
    /// The issuer of `system`.
    pub admin_url: String,
    /// A public client of the demonstration: code and refresh.
    pub public: RelyingParty,
    /// A confidential one: code, refresh, password, client credentials, introspection.
    pub confidential: RelyingParty,
    /// An administrator's access token.
    pub administrator: String,
    /// When calls are due; without it each follows the answer to the one before.
    pub pace: Option<Pace>,
    /// Set when nobody is to begin anything any more.
    pub over: AtomicBool,
    /// Calls that were answered so far, by whomever.
    pub count: AtomicU32,
}

impl World {
    /// Whether nobody is to begin anything any more.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Calls that were answered so far, by whomever.
    pub fn answered(&self) -> f64 {
        f64::from(self.count.load(Ordering::Relaxed))
    }
}

/// What became of the calls of one kind.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    /// How long each answer took from when its call was due, in microseconds.
    pub micros: Vec<u32>,
    /// Calls without an answer.
    pub lost: u64,
    /// Calls that were answered with 429 or 5xx.
    pub turned_away: u64,
}

/// A client's line to the server.
#[derive(Debug)]
pub struct Line {
    /// What all know.
    pub world: Arc<World>,
    /// What became of the calls, by kind.
    pub calls: BTreeMap<&'static str, Calls>,
    http: Http,
}

impl Line {
    /// A line of its own.
    pub fn new(world: Arc<World>) -> Self {
        Self {
            world,
            calls: BTreeMap::new(),
            http: Http::default(),
        }
    }

    /// New connections: those to a killed server are dead.
    pub fn reconnect(&mut self) {
        self.http = Http::default();
    }

    /// Any request.
    pub fn send(
        &mut self,
        kind: &'static str,
        (method, url): (&str, &str),
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Step<Answer> {
        let due = self.due();
        let result = self.http.try_send(method, url, headers, body);
        self.judge(kind, due, result)
    }

    /// A request to the admin API, below `/admin/v1`.
    pub fn admin(
        &mut self,
        kind: &'static str,
        (method, path): (&str, &str),
        body: Option<&Value>,
    ) -> Step<Answer> {
        let url = format!("{}/admin/v1{path}", self.world.admin_url);
        let authorization = format!("Bearer {}", self.world.administrator);
        let content_type = if method == "PATCH" {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", content_type),
        ];
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send(kind, (method, &url), &headers, body.as_bytes())
    }

    /// A form posted below the issuer by a client that proves itself as it is registered.
    pub fn post(
        &mut self,
        kind: &'static str,
        party: &RelyingParty,
        path: &str,
        form: &[(&str, &str)],
    ) -> Step<Answer> {
        let url = format!("{}{path}", party.issuer);
        let mut form = form.to_vec();
        let authorization = party
            .client_secret
            .as_ref()
            .map(|secret| basic(&party.client_id, secret));
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        match &authorization {
            Some(value) => headers.push(("authorization", value)),
            None => form.push(("client_id", &party.client_id)),
        }
        let body = encode_form(&form);
        self.send(kind, ("POST", &url), &headers, body.as_bytes())
    }

    /// A page opened in a browser, which follows redirects within the server.
    pub fn open(&mut self, kind: &'static str, browser: &mut Browser, url: &str) -> Step<Answer> {
        let due = self.due();
        browser.connect_through(&self.http);
        let result = browser.try_open(url);
        self.judge(kind, due, result)
    }

    /// A page's form filled in and sent.
    pub fn submit(
        &mut self,
        kind: &'static str,
        browser: &mut Browser,
        form: &Form,
        values: &[(&str, &str)],
    ) -> Step<Answer> {
        let due = self.due();
        browser.connect_through(&self.http);
        let result = browser.try_submit_form(form, values);
        self.judge(kind, due, result)
    }

    fn due(&self) -> Instant {
        self.world.pace.as_ref().map_or_else(now, Pace::wait)
    }

    fn judge(
        &mut self,
        kind: &'static str,
        due: Instant,
        result: Result<Answer, NoAnswer>,
    ) -> Step<Answer> {
        let calls = self.calls.entry(kind).or_default();
        let Ok(answer) = result else {
            calls.lost += 1;
            return Err(Stop::Lost);
        };
        if answer.status >= 500 || answer.status == 429 {
            calls.turned_away += 1;
            return Err(Stop::Lost);
        }
        self.world.count.fetch_add(1, Ordering::Relaxed);
        let took = now().saturating_duration_since(due).as_micros();
        calls.micros.push(u32::try_from(took).unwrap_or(u32::MAX));
        Ok(answer)
    }
}
