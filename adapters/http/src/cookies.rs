//! Cookies: their names, and how they are read and set (RFC 6265bis).
//!
//! A name carries listener and realm, because browsers send a cookie to every port and path of
//! its host. Over https the prefix `__Host-` keeps subdomains from planting one; over http on
//! loopback, where neither the prefix nor `Secure` works, the name carries the port.

use core::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use gatelodge_domain::RealmSlug;
use gatelodge_usecases::realms::Listener;

use crate::state::{HttpState, Transport};

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieKind {
    /// The session's secret.
    Session,
    /// Ties forms to a browser that has no session yet.
    Stranger,
    /// Says that somebody signed in here before.
    Familiar,
    /// The secret of a sign-in that waits for its second factor.
    Steps,
}

impl CookieKind {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Session => "",
            Self::Stranger => "_pre",
            Self::Familiar => "_known",
            Self::Steps => "_steps",
        }
    }
}

/// How long a cookie stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// As long as the browser is open.
    Browser,
    /// That long.
    For(Duration),
}

/// The cookies of one listener and realm.
#[derive(Debug, Clone)]
pub struct Cookies {
    name: String,
    transport: Transport,
    received: Vec<(String, String)>,
}

impl Cookies {
    /// What this request brought, for that realm.
    pub fn of(request: &HttpRequest, state: &HttpState, realm: &RealmSlug) -> Self {
        let headers = request.headers().get_all(header::COOKIE);
        let received = received(headers.filter_map(|value| value.to_str().ok()));
        Self {
            name: base_name(state.listener, state.transport, realm),
            transport: state.transport,
            received,
        }
    }

    /// The value of a cookie.
    pub fn get(&self, kind: CookieKind) -> Option<&str> {
        let name = self.name_of(kind);
        self.received
            .iter()
            .find(|(received, value)| *received == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The value of `Set-Cookie` that sets one. Values are made of base64url characters.
    pub fn set(&self, kind: CookieKind, value: &str, stay: Stay) -> String {
        let secure = match self.transport {
            Transport::Https => "; Secure",
            Transport::Loopback { .. } => "",
        };
        let age = match stay {
            Stay::Browser => String::new(),
            Stay::For(duration) => format!("; Max-Age={}", duration.as_secs()),
        };
        let name = self.name_of(kind);
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
    }

    /// The value of `Set-Cookie` that takes one away.
    pub fn clear(&self, kind: CookieKind) -> String {
        self.set(kind, "", Stay::For(Duration::ZERO))
    }

    fn name_of(&self, kind: CookieKind) -> String {
        format!("{}{}", self.name, kind.suffix())
    }
}

/// Names and values of `Cookie` headers (RFC 6265 §4.2.1).
pub(crate) fn received<'a>(headers: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    headers
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

fn base_name(listener: Listener, transport: Transport, realm: &RealmSlug) -> String {
    let realm = realm.as_str();
    match (transport, listener) {
        (Transport::Https, Listener::Auth) => format!("__Host-gl_auth_{realm}"),
        (Transport::Https, Listener::Admin) => "__Host-gl_admin".to_owned(),
        (Transport::Loopback { port }, Listener::Auth) => format!("gl_auth_{port}_{realm}"),
        (Transport::Loopback { port }, Listener::Admin) => format!("gl_admin_{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(transport: Transport, header: &str) -> Cookies {
        let realm = RealmSlug::parse("acme").unwrap();
        let received = header
            .split("; ")
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Cookies {
            name: base_name(Listener::Auth, transport, &realm),
            transport,
            received,
        }
    }

    #[test]
    fn over_https_a_cookie_is_bound_to_its_host() {
        let cookies = cookies(Transport::Https, "__Host-gl_auth_acme=a; gl_auth_acme=b");
        assert_eq!(cookies.get(CookieKind::Session), Some("a"));
        assert_eq!(
            cookies.set(CookieKind::Session, "x", Stay::Browser),
            "__Host-gl_auth_acme=x; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn on_loopback_its_name_carries_the_port() {
        let cookies = cookies(
            Transport::Loopback { port: 9040 },
            "gl_auth_9041_acme=a; gl_auth_9040_default=b; gl_auth_9040_acme_pre=c",
        );
        assert_eq!(cookies.get(CookieKind::Session), None);
        assert_eq!(cookies.get(CookieKind::Stranger), Some("c"));
        assert_eq!(
            cookies.clear(CookieKind::Familiar),
            "gl_auth_9040_acme_known=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }

    #[test]
    fn listeners_and_realms_do_not_share_a_name() {
        let realm = RealmSlug::system();
        let name = |transport, listener| base_name(listener, transport, &realm);
        let loopback = Transport::Loopback { port: 9041 };
        assert_eq!(name(Transport::Https, Listener::Admin), "__Host-gl_admin");
        assert_eq!(name(loopback, Listener::Admin), "gl_admin_9041");
    }
}
