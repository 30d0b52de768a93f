//! Where a request comes from, and for which host it is.
//!
//! Forwarded headers count only from trusted proxies; the right-most address that is not one of
//! them wins, because everything left of it was written by somebody we do not trust.

use std::borrow::Cow;
use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::network::Network;

/// The address of whoever asks.
pub fn client_address(request: &HttpRequest, trusted: &[Network]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return Some(peer);
    }
    let forwarded = request
        .headers()
        .get_all("x-forwarded-for")
        // Part by part: one odd byte must not make a whole line vanish, and the one before it
        // count instead.
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|part| {
            let text = std::str::from_utf8(part).ok()?;
            let address = text.trim().parse::<IpAddr>().ok()?;
            Some(address.to_canonical())
        });
    let mut nearest = peer;
    for hop in forwarded.collect::<Vec<_>>().into_iter().rev() {
        // What does not parse was written by nobody we trust.
        let Some(address) = hop else { break };
        nearest = address;
        if !is_trusted(address) {
            break;
        }
    }
    Some(nearest)
}

/// `host[:port]` that the request is for: from the proxy where it is trusted, else `Host`.
pub fn requested_authority<'a>(
    request: &'a HttpRequest,
    trusted: &[Network],
) -> Option<Cow<'a, str>> {
    let peer = request.peer_addr()?.ip();
    let from_proxy = trusted.iter().any(|network| network.contains(peer));
    let forwarded = request
        .headers()
        .get("x-forwarded-host")
        .filter(|_| from_proxy)
        .and_then(|value| value.to_str().ok());
    let named = forwarded.or_else(|| {
        request
            .headers()
            .get(header::HOST)
            .and_then(|value| value.to_str().ok())
    });
    // HTTP/2 has `:authority` instead of `Host`.
    let named = named.or_else(|| Some(request.uri().authority()?.as_str()))?;
    let named = named.trim();
    Some(if named.bytes().any(|byte| byte.is_ascii_uppercase()) {
        named.to_ascii_lowercase().into()
    } else {
        named.into()
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:5000").parse().unwrap());
        for line in forwarded {
            request = request.append_header(("x-forwarded-for", *line));
        }
        let trusted: Vec<_> = trusted
            .iter()
            .map(|text| Network::parse(text).unwrap())
            .collect();
        client_address(&request.to_http_request(), &trusted)
            .unwrap()
            .to_string()
    }

    #[test]
    fn a_strangers_header_does_not_count() {
        assert_eq!(address("203.0.113.9", &["192.0.2.1"], &[]), "203.0.113.9");
        assert_eq!(
            address("203.0.113.9", &["192.0.2.1"], &["10.0.0.0/8"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn the_right_most_untrusted_address_wins() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(
            address("10.0.0.1", &["6.6.6.6, 192.0.2.1"], &trusted),
            "192.0.2.1"
        );
        assert_eq!(
            address("10.0.0.1", &["6.6.6.6, 192.0.2.1, 10.0.0.2"], &trusted),
            "192.0.2.1"
        );
        assert_eq!(
            address("10.0.0.1", &["6.6.6.6", "192.0.2.1"], &trusted),
            "192.0.2.1"
        );
        assert_eq!(
            address("10.0.0.1", &["192.0.2.1, nonsense"], &trusted),
            "10.0.0.1"
        );
        assert_eq!(address("10.0.0.1", &[], &trusted), "10.0.0.1");
    }

    #[test]
    fn a_line_that_is_no_text_does_not_make_room_for_the_one_before_it() {
        let trusted = ["10.0.0.0/8"];
        for odd in ["\u{e9}, 192.0.2.1", "192.0.2.1, 10.0.0.3\u{e9}, 192.0.2.1"] {
            assert_eq!(
                address("10.0.0.1", &["6.6.6.6", odd], &trusted),
                "192.0.2.1"
            );
        }
        assert_eq!(
            address("10.0.0.1", &["6.6.6.6", "\u{e9}"], &trusted),
            "10.0.0.1"
        );
    }
}
