//! An administrator with a token for the admin API.

use serde_json::Value;

use crate::browser::Browser;
use crate::client::{Answer, Http};
use crate::relying_party::RelyingParty;
use crate::server::Server;

/// Calls the admin API.
#[derive(Debug, Clone)]
pub struct Administrator {
    http: Http,
    base: String,
    /// The access token.
    pub token: String,
}

impl Administrator {
    /// Signs the demonstration's administrator in through the admin issuer.
    pub fn of(server: &Server) -> Self {
        Self::with_scope(server, "openid admin")
    }

    /// The same with less.
    pub fn with_scope(server: &Server, scope: &str) -> Self {
        Self::at(&server.admin_url, &server.demo, scope)
    }

    /// The same of a server that somebody else has started, by its URL and `demo.json`.
    pub fn at(admin_url: &str, demo: &Value, scope: &str) -> Self {
        let party = RelyingParty::new(admin_url, &demo["admin_client"], scope);
        let text = |name: &str| demo["admin"][name].as_str().unwrap();
        let code = party.code(&mut Browser::new(), text("username"), text("password"));
        let token = party.redeem(&code).expect_status(200).field("access_token");
        Self {
            http: Http::default(),
            base: format!("{admin_url}/admin/v1"),
            token,
        }
    }

    /// The same through another door to the admin API.
    #[must_use]
    pub fn through(&self, admin_url: &str) -> Self {
        Self {
            base: format!("{admin_url}/admin/v1"),
            ..self.clone()
        }
    }

    /// The same with another token.
    #[must_use]
    pub fn bearing(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// `GET` below `/admin/v1`.
    pub fn get(&self, path: &str) -> Answer {
        self.http
            .get(&self.url(path), &[("authorization", &self.authorization())])
    }

    /// `POST` below `/admin/v1`.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.http.json(
            "POST",
            &self.url(path),
            &[("authorization", &self.authorization())],
            body,
        )
    }

    /// `DELETE` below `/admin/v1`.
    pub fn delete(&self, path: &str) -> Answer {
        self.http.send(
            "DELETE",
            &self.url(path),
            &[("authorization", &self.authorization())],
            b"",
        )
    }

    /// `PUT` below `/admin/v1`.
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.http.json(
            "PUT",
            &self.url(path),
            &[("authorization", &self.authorization())],
            body,
        )
    }

    /// `PATCH` below `/admin/v1`, by RFC 7396, at the revision that is there now.
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        let etag = self.get(path).header("etag").expect("an ETag").to_owned();
        self.patch_at(path, &etag, body)
    }

    /// `PATCH` at a given revision.
    pub fn patch_at(&self, path: &str, etag: &str, body: &Value) -> Answer {
        let headers = [
            ("authorization", self.authorization()),
            ("content-type", "application/merge-patch+json".to_owned()),
            ("if-match", etag.to_owned()),
        ];
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        self.http.json("PATCH", &self.url(path), &headers, body)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }
}
