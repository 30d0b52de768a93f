//! `/metrics` of the admin port, for Prometheus: for a token, or for an address of an allowed
//! network. It is asked for by address, so the host is not checked.

use std::fmt;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use gatelodge_domain::SecretText;

use crate::network::Network;
use crate::origin::client_address;
use crate::state::HttpState;

/// Who may read the figures, and how they are written.
#[derive(Clone)]
pub struct Metrics {
    /// Whoever has it may, from anywhere.
    pub token: Option<SecretText>,
    /// Whoever asks from there may, without a token.
    pub networks: Vec<Network>,
    /// The media type of the page.
    pub content_type: &'static str,
    /// Writes the page.
    pub page: Arc<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Metrics")
            .field("networks", &self.networks)
            .finish_non_exhaustive()
    }
}

/// Adds the page.
pub(crate) fn mount(config: &mut web::ServiceConfig) {
    config.service(web::resource("/metrics").route(web::get().to(answer)));
}

async fn answer(state: web::Data<HttpState>, request: HttpRequest) -> HttpResponse {
    let Some(metrics) = &state.metrics else {
        return HttpResponse::NotFound().finish();
    };
    if !metrics.allows(&request, &state.trusted_proxies) {
        return HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
            .content_type("text/plain; charset=utf-8")
            .body("Figures are for the networks and the token of `[metrics]`.\n");
    }
    HttpResponse::Ok()
        .content_type(metrics.content_type)
        .body((metrics.page)())
}

impl Metrics {
    fn allows(&self, request: &HttpRequest, trusted: &[Network]) -> bool {
        self.is_told(request) || self.is_near(request, trusted)
    }

    fn is_told(&self, request: &HttpRequest) -> bool {
        let sent = request.headers().get(header::AUTHORIZATION);
        let sent = sent.and_then(|value| value.to_str().ok());
        let sent = sent.and_then(|text| text.split_once(' '));
        match (&self.token, sent) {
            (Some(token), Some((scheme, sent))) => {
                scheme.eq_ignore_ascii_case("Bearer") && token.matches(sent.trim().as_bytes())
            }
            _ => false,
        }
    }

    /// A request that a proxy passed on for somebody comes from nowhere unless that proxy is
    /// trusted: the proxy's own address, often this machine's, must not open anything.
    fn is_near(&self, request: &HttpRequest, trusted: &[Network]) -> bool {
        let peer = request.peer_addr().map(|peer| peer.ip());
        let vouched = peer.is_some_and(|peer| trusted.iter().any(|near| near.contains(peer)));
        let passed_on = ["x-forwarded-for", "forwarded", "via"]
            .iter()
            .any(|name| request.headers().contains_key(*name));
        if passed_on && !vouched {
            return false;
        }
        client_address(request, trusted)
            .is_some_and(|address| self.networks.iter().any(|near| near.contains(address)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn network(text: &str) -> Network {
        Network::parse(text).unwrap()
    }

    fn metrics() -> Metrics {
        Metrics {
            token: Some(SecretText::new(
                "0123456789abcdef0123456789abcdef".to_owned(),
            )),
            networks: vec![network("127.0.0.0/8")],
            content_type: "text/plain",
            page: Arc::new(String::new),
        }
    }

    fn from(peer: &str) -> TestRequest {
        TestRequest::default().peer_addr(format!("{peer}:5000").parse().unwrap())
    }

    #[test]
    fn the_token_opens_from_anywhere_and_no_other_does() {
        for (sent, allowed) in [
            ("Bearer 0123456789abcdef0123456789abcdef", true),
            ("bearer 0123456789abcdef0123456789abcdef", true),
            ("Bearer 0123456789abcdef0123456789abcdee", false),
            ("Bearer ", false),
            ("Basic 0123456789abcdef0123456789abcdef", false),
        ] {
            let request = from("203.0.113.9").append_header(("authorization", sent));
            let allows = metrics().allows(&request.to_http_request(), &[]);
            assert_eq!(allows, allowed, "{sent}");
        }
    }

    #[test]
    fn a_network_opens_for_who_is_in_it_and_not_for_whom_its_proxy_serves() {
        let allows = |request: TestRequest, trusted: &[Network]| {
            metrics().allows(&request.to_http_request(), trusted)
        };
        assert!(allows(from("127.0.0.1"), &[]));
        assert!(!allows(from("203.0.113.9"), &[]));
        let passed = |whom| from("127.0.0.1").append_header(("x-forwarded-for", whom));
        assert!(
            !allows(passed("203.0.113.9"), &[]),
            "its proxy is not known"
        );
        assert!(!allows(passed("127.0.0.1"), &[]));
        let trusted = [network("127.0.0.1")];
        assert!(!allows(passed("203.0.113.9"), &trusted));
        assert!(allows(from("127.0.0.1"), &trusted));
    }
}
