//! A light load through nginx that looks at every answer: machine tokens, introspection,
//! userinfo, and codes with a browser that stays signed in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gatelodge_testkit::client::{NoAnswer, basic, encode_form};
use gatelodge_testkit::{Answer, Http};

use crate::Cluster;
use crate::stopwatch::now;

/// Between two requests of one worker: nodes, database and load share few processors.
const PAUSE: Duration = Duration::from_millis(10);

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
}

impl Load {
    /// That many workers.
    pub fn start(cluster: &Cluster, workers: usize) -> Self {
        let party = cluster.confidential_client();
        let public = cluster.public_client();
        let secret = party.client_secret.clone().unwrap_or_default();
        let machine = party.token(&[("grant_type", "client_credentials")]);
        let person = public.redeem(&cluster.code(&public)).expect_status(200);
        let target = Target {
            issuer: cluster.issuer.clone(),
            authorization: basic(&party.client_id, &secret),
            introspected: machine.expect_status(200).field("access_token"),
            personal: person.field("access_token"),
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
            let began = now();
            let answer = request(&http, target);
            met.slowest = met.slowest.max(began.elapsed());
            judge(&mut met, answer);
            std::thread::sleep(PAUSE);
        }
    }
    met
}

fn judge(met: &mut Met, answer: Result<Answer, NoAnswer>) {
    match answer {
        Ok(answer) if answer.status == 200 => met.served += 1,
        Ok(answer) if answer.status == 503 && answer.header("retry-after").is_some() => {
            met.turned_away += 1;
        }
        Ok(answer) => met
            .failed
            .push(format!("{}: {}", answer.status, answer.text())),
        Err(NoAnswer(why)) => met.failed.push(why),
    }
}

fn post(
    http: &Http,
    target: &Target,
    path: &str,
    form: &[(&str, &str)],
) -> Result<Answer, NoAnswer> {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", target.authorization.as_str()),
        // nginx ends idle connections of clients when it reloads; that is between it and them.
        ("connection", "close"),
    ];
    let url = format!("{}{path}", target.issuer);
    http.try_send("POST", &url, &headers, encode_form(form).as_bytes())
}

fn get(http: &Http, target: &Target, path: &str, token: &str) -> Result<Answer, NoAnswer> {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("connection", "close")];
    if !token.is_empty() {
        headers.push(("authorization", bearer.as_str()));
    }
    http.try_send("GET", &format!("{}{path}", target.issuer), &headers, b"")
}

fn machine_token(http: &Http, target: &Target) -> Result<Answer, NoAnswer> {
    post(
        http,
        target,
        "/oauth2/token",
        &[("grant_type", "client_credentials")],
    )
}

fn introspection(http: &Http, target: &Target) -> Result<Answer, NoAnswer> {
    let form = [("token", target.introspected.as_str())];
    post(http, target, "/oauth2/introspect", &form)
}

fn userinfo(http: &Http, target: &Target) -> Result<Answer, NoAnswer> {
    get(http, target, "/oauth2/userinfo", &target.personal)
}

fn key_set(http: &Http, target: &Target) -> Result<Answer, NoAnswer> {
    get(http, target, "/oauth2/jwks", "")
}
