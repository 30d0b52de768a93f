//! By which URLs the two ports are known, and whether they may be.

use std::net::SocketAddr;

use gatelodge_http::state::Transport;
use gatelodge_usecases::realms::Issuers;

use crate::settings::Settings;
use crate::stop::Stop;

/// What stands between `://` and the path.
pub(crate) fn authority_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('/')
        .map_or(rest, |(authority, _)| authority)
}

/// Whether a URL's host is the machine itself.
fn is_loopback(url: &str) -> bool {
    let authority = authority_of(url);
    let host = authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(authority, |(host, _)| host);
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The issuers: as configured, else the loopback address that is listened on.
pub(crate) fn issuers(
    settings: &Settings,
    auth: SocketAddr,
    admin: SocketAddr,
) -> Result<Issuers, Stop> {
    let server = &settings.server;
    let scheme = if settings.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let url = |given: &Option<String>, bound: SocketAddr, key: &str, flag: &str| match given {
        Some(url) => Ok(url.clone()),
        None if bound.ip().is_loopback() => Ok(format!("{scheme}://{bound}")),
        None => Err(Stop::usage(format!(
            "listening on {bound}, which is not a loopback address, needs `{key}` (the flag \
             {flag}): the https URL by which others reach it"
        ))),
    };
    let public = url(
        &server.public_url,
        auth,
        "server.public_url",
        "--public-url",
    )?;
    let admin = url(&server.admin_url, admin, "server.admin_url", "--admin-url")?;
    for (key, url) in [("server.public_url", &public), ("server.admin_url", &admin)] {
        let plain = url.starts_with("http://") && !is_loopback(url);
        if plain && !server.allow_insecure_listen {
            return Err(Stop::usage(format!(
                "`{key}` is `{url}`: a URL that is not on loopback must be https (or add \
                 --allow-insecure-listen for a network that nobody else can read)"
            )));
        }
    }
    Issuers::new(&public, &admin).map_err(|error| Stop::usage(error.to_string()))
}

/// Refuses an address that others can reach without TLS and without a proxy that adds it.
pub(crate) fn check_listeners(settings: &Settings) -> Result<(), Stop> {
    let server = &settings.server;
    if settings.tls.is_some() || !server.trusted_proxies.is_empty() || server.allow_insecure_listen
    {
        return Ok(());
    }
    for (key, address) in [
        ("server.auth_listen", server.auth_listen),
        ("server.admin_listen", server.admin_listen),
    ] {
        if !address.ip().is_loopback() {
            return Err(Stop::usage(format!(
                "`{key}` is `{address}`, which others can reach: give a certificate \
                 (--tls-cert, --tls-key), or name the proxy that adds TLS (--trusted-proxy), or \
                 add --allow-insecure-listen"
            )));
        }
    }
    Ok(())
}

/// How a URL's cookies must look.
pub(crate) fn transport(url: &str) -> Transport {
    if url.starts_with("https://") {
        return Transport::Https;
    }
    let port = authority_of(url)
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
        .unwrap_or(80);
    Transport::Loopback { port }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_from_names_that_look_like_it() {
        for url in [
            "http://127.0.0.1:9040",
            "http://localhost",
            "http://[::1]:9040/sso",
            "http://127.9.9.9",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "http://localhost.example",
            "http://10.0.0.1:80",
            "http://127.0.0.1.example",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn the_transport_follows_the_url() {
        assert_eq!(transport("https://id.example"), Transport::Https);
        assert_eq!(
            transport("http://127.0.0.1:9040"),
            Transport::Loopback { port: 9040 }
        );
        assert_eq!(
            transport("http://localhost"),
            Transport::Loopback { port: 80 }
        );
    }
}
