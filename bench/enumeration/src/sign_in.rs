//! Failing sign-ins at the password grant: somebody unknown, somebody with another password,
//! somebody deactivated, somebody locked, and somebody whose bcrypt hash was imported.

use gatelodge_testkit::Http;
use gatelodge_testkit::client::basic;
use tokio::time::Instant;

use crate::people::PASSWORD;
use crate::server::Server;
use crate::{Failed, Road, Said};

const KINDS: [&str; 5] = ["unknown", "wrong", "disabled", "locked", "imported"];

/// The password grant of the demonstration's confidential client.
pub(crate) struct PasswordGrant {
    http: Http,
    url: String,
    authorization: String,
}

impl PasswordGrant {
    /// Of a server.
    pub(crate) fn of(server: &Server) -> Self {
        let client = &server.demo["confidential_client"];
        let text = |name: &str| client[name].as_str().unwrap_or_default();
        Self {
            http: Http::default(),
            url: format!("{}/oauth2/token", server.issuer),
            authorization: basic(text("client_id"), text("client_secret")),
        }
    }
}

impl Road for PasswordGrant {
    fn name(&self) -> &'static str {
        "password grant"
    }

    fn kinds(&self) -> &[&'static str] {
        &KINDS
    }

    fn parts(&self) -> &[&'static str] {
        &["the answer"]
    }

    fn attempt(&self, kind: usize) -> Result<(Vec<f64>, Said), Failed> {
        let name = KINDS[kind];
        let password = match name {
            "disabled" | "locked" => PASSWORD,
            _ => "not the password",
        };
        let form = [
            ("grant_type", "password"),
            ("username", name),
            ("password", password),
            ("scope", "openid"),
        ];
        let headers = [("authorization", self.authorization.as_str())];
        let began = Instant::now();
        let answer = self.http.post_form(&self.url, &headers, &form);
        let took = began.elapsed().as_secs_f64() * 1e6;
        if answer.status == 400 {
            Ok((vec![took], (answer.status, answer.text())))
        } else {
            Err(format!("{name}: {} {}", answer.status, answer.text()).into())
        }
    }
}
