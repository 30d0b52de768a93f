//! The roads as requests and what their answers must be.
//!
//! Requests of different clients, people and tokens are written once, before the clock runs, so
//! that the generator copies bytes. Every answer is looked at: a road that is quick because it
//! answers something else has no rate.

mod code;
mod document;
mod queue;
mod refresh;
mod tokens;

pub use code::{Again, CodeScript};
pub use document::DocumentScript;
pub use queue::Queue;
pub use refresh::{Asking, Family, RefreshScript};
pub use tokens::{Endpoint, Revocable, TokenScript, Use};

use std::time::Duration;

use crate::fixture::{ClientFacts, Fixture};
use crate::load::{Response, Script, Verdict};

/// What a client of ours calls itself.
const USER_AGENT: &str = "gatelodge-bench/1";

/// A POST of a form by a confidential client.
pub fn post(fixture: &Fixture, client: &ClientFacts, path: &str, form: &str) -> Vec<u8> {
    let ClientFacts { authorization, .. } = client;
    let Fixture { host, .. } = fixture;
    let length = form.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: {USER_AGENT}\r\naccept: */*\r\n\
         authorization: {authorization}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n{form}"
    )
    .into_bytes()
}

/// A GET with one further header line, which ends with its line break, or none.
pub fn get(fixture: &Fixture, target: &str, line: &str) -> Vec<u8> {
    let Fixture { host, .. } = fixture;
    format!(
        "GET {target} HTTP/1.1\r\nhost: {host}\r\nuser-agent: {USER_AGENT}\r\naccept: */*\r\n\
         {line}\r\n"
    )
    .into_bytes()
}

/// The same operation over and over, each time with the next of the requests.
pub struct Repeated {
    requests: Vec<Vec<u8>>,
    next: usize,
    begins: &'static [u8],
}

impl Repeated {
    /// Requests whose answers are 200 and begin like that.
    pub fn new(requests: Vec<Vec<u8>>, begins: &'static [u8]) -> Self {
        Self {
            requests,
            next: 0,
            begins,
        }
    }

    /// Client credentials, each client in its turn.
    pub fn client_credentials(fixture: &Fixture) -> Self {
        let form = "grant_type=client_credentials";
        let requests = fixture
            .clients
            .iter()
            .map(|client| post(fixture, client, "/oauth2/token", form))
            .collect();
        Self::new(requests, br#"{"access_token":"ey"#)
    }

    /// The password grant, each person in their turn.
    pub fn password(fixture: &Fixture) -> Self {
        let requests = fixture
            .people
            .iter()
            .zip(&fixture.clients)
            .map(|(person, client)| {
                let form = format!(
                    "grant_type=password&username={}&password={}&scope=openid",
                    person.username, fixture.password
                );
                post(fixture, client, "/oauth2/token", &form)
            })
            .collect();
        Self::new(requests, br#"{"access_token":"ey"#)
    }
}

impl Script for Repeated {
    fn request(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(&self.requests[self.next]);
        self.next = (self.next + 1) % self.requests.len();
        true
    }

    fn answer(&mut self, _: usize, response: &Response<'_>) -> Verdict {
        if response.status == 200 && response.body.starts_with(self.begins) {
            return Verdict::Done;
        }
        shed_or_wrong(response)
    }
}

/// What an answer is that is not the wanted one.
fn shed_or_wrong(response: &Response<'_>) -> Verdict {
    if response.status == 503 {
        let seconds = response
            .header("retry-after")
            .and_then(|text| text.parse().ok())
            .unwrap_or(1);
        return Verdict::Shed(Duration::from_secs(seconds));
    }
    let body = String::from_utf8_lossy(&response.body[..response.body.len().min(200)]);
    Verdict::Wrong(format!("{} {body}", response.status))
}
