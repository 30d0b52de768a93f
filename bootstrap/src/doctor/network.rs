//! What is seen from outside: whether each issuer is reached by its own URL and says who it is,
//! what a proxy on the way makes of a request, whose clock is right, and the mail server.

use core::time::Duration;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use gatelodge_domain::Timestamp;
use gatelodge_egress::UreqEgress;
use gatelodge_ports::Egress as _;
use gatelodge_ports::egress::{EgressMethod, EgressRequest, EgressResponse};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::finding::Finding;
use crate::settings::{Mail, Settings};
use crate::urls::authority_of;

const PATIENCE: Duration = Duration::from_secs(5);
const DOCUMENT: u64 = 1 << 20;
/// Tokens of a clock that is further off are refused by others, or live too long.
const OFF: i64 = 5;
const FAR_OFF: i64 = 60;

/// An issuer, asked by its URL; and the clock of whoever answered.
pub(super) async fn issuer(which: &'static str, issuer: &str, now: Timestamp) -> Vec<Finding> {
    let url = format!("{issuer}/.well-known/openid-configuration");
    let answer = get(&url).await;
    let clock = answer.as_ref().ok().and_then(|answer| clock(answer, now));
    let found = match answer {
        Err(error) => Finding::fail(
            which,
            format!("{issuer} is not reached from here: {error}"),
            "is the server running, does the name lead to it, does its certificate bear that name?",
        ),
        Ok(answer) => said(which, issuer, &answer),
    };
    std::iter::once(found).chain(clock).collect()
}

async fn get(url: &str) -> Result<EgressResponse, String> {
    let request = EgressRequest {
        method: EgressMethod::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        limit: DOCUMENT,
        timeout: PATIENCE,
    };
    // Our own URL may well have a private address.
    let allowed = vec![authority_of(url).to_owned()];
    let asked = UreqEgress::new(allowed).fetch(request).await;
    asked.map_err(|error| error.to_string())
}

/// What an answer says about the way to us.
fn said(which: &'static str, issuer: &str, answer: &EgressResponse) -> Finding {
    let document: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let named = document.as_ref().and_then(|it| it["issuer"].as_str());
    match (answer.status, named) {
        (200, Some(named)) if named == issuer => {
            Finding::ok(which, format!("{issuer} answers and says so itself"))
        }
        (200, Some(named)) => Finding::fail(
            which,
            format!("{issuer} answers as {named}"),
            "another server answers there, or this configuration is not the one it runs with",
        ),
        (200, None) => Finding::fail(
            which,
            format!("what answers at {issuer} is no issuer"),
            "the proxy sends this name elsewhere; it must pass all paths on",
        ),
        (421, _) => Finding::fail(
            which,
            format!("a proxy before {issuer} changes the host of requests (421)"),
            "let it pass the name on that was asked for: `proxy_set_header Host $http_host` in \
             nginx, `passHostHeader` in Traefik",
        ),
        (403, _) => Finding::warn(
            which,
            format!("{issuer} does not let this machine in (403)"),
            "nothing, if this machine is not to use it; else see `server.admin_allowed_networks` \
             and the proxy's own list",
        ),
        (301..=308, _) => Finding::fail(
            which,
            format!("{issuer} sends requests elsewhere ({})", answer.status),
            "the issuer must be the URL at which it answers, scheme and name included",
        ),
        (502..=504, _) => Finding::fail(
            which,
            format!("{issuer} has no service at the moment ({})", answer.status),
            "the proxy does not reach the server, or the server is not ready: look at /readyz",
        ),
        (status, _) => Finding::fail(
            which,
            format!("{issuer} answers {status} where its document should be"),
            "look at the server's log, and at the proxy's",
        ),
    }
}

/// The clock of whoever answered, where it is another machine's.
fn clock(answer: &EgressResponse, now: Timestamp) -> Option<Finding> {
    let (_, date) = answer.headers.iter().find(|(name, _)| name == "date")?;
    let theirs = parse_date(date)?;
    let off = now.as_seconds() - theirs;
    let seen = format!("this machine's clock differs by {off} s from that of who answered");
    let remedy = "keep the clocks with NTP (systemd-timesyncd, chrony): tokens bear times";
    Some(match off.abs() {
        off if off > FAR_OFF => Finding::fail("clock", seen, remedy),
        off if off > OFF => Finding::warn("clock", seen, remedy),
        _ => Finding::ok(
            "clock",
            "this machine's clock agrees with that of who answered",
        ),
    })
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), as seconds since the epoch.
fn parse_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut parts = text.split_once(", ")?.1.split(' ');
    let day: i64 = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = i64::try_from(MONTHS.iter().position(|month| *month == name)?).ok()? + 1;
    let year: i64 = parts.next()?.parse().ok()?;
    let mut clock = parts.next()?.splitn(3, ':').map(str::parse::<i64>);
    let mut part = || clock.next()?.ok();
    let (hours, minutes, seconds) = (part()?, part()?, part()?);
    // Days since the epoch: the year begins in March, so that leap days are its last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 1
        - 719_468;
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

/// Whether the server of this configuration is ready, asked at its own address.
pub(crate) async fn ready(settings: &Settings) -> Result<(), String> {
    let address = own_address(settings.server.auth_listen);
    let asked = timeout(PATIENCE, ask(address, settings.tls.is_some())).await;
    let answer = match asked {
        Err(_) => return Err(format!("{address} does not answer in time")),
        Ok(Err(error)) => return Err(format!("nothing answers at {address}: {error}")),
        Ok(Ok(answer)) => answer,
    };
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.split(' ').nth(1) == Some("200") {
        return Ok(());
    }
    Err(format!("{address} is not ready: {}", body.trim()))
}

/// Whoever listens everywhere also listens here.
fn own_address(listening: SocketAddr) -> SocketAddr {
    let here = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(here, listening.port())
}

async fn ask(address: SocketAddr, tls: bool) -> std::io::Result<String> {
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let asked = tokio::task::spawn_blocking(move || exchange(address, tls, request.as_bytes()));
    asked.await.map_err(std::io::Error::other)?
}

fn exchange(address: SocketAddr, tls: bool, request: &[u8]) -> std::io::Result<String> {
    use std::io::{Read, Write};

    fn speak(mut stream: impl Read + Write, request: &[u8]) -> std::io::Result<String> {
        stream.write_all(request)?;
        let mut answer = Vec::new();
        // Whoever closes without ceremony has said all the same what it said.
        let read = stream.take(DOCUMENT).read_to_end(&mut answer);
        if answer.is_empty() {
            read?;
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    let stream = std::net::TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    if !tls {
        return speak(stream, request);
    }
    let mut connector = SslConnector::builder(SslMethod::tls_client())?;
    // It bears the public name and is asked by address; nothing is told to it, and its answer
    // is a yes or no that whoever listens on our own address could give anyway.
    connector.set_verify(SslVerifyMode::NONE);
    let mut connection = connector.build().configure()?;
    connection.set_verify_hostname(false);
    let stream = connection
        .connect("localhost", stream)
        .map_err(|error| std::io::Error::other(error.to_string()))?;
    speak(stream, request)
}

/// Whether mail can leave.
pub(super) async fn mail(settings: &Settings) -> Finding {
    match &settings.mail {
        Mail::None => Finding::ok("mail", "no mail is configured; what needs it says so"),
        Mail::File { folder, .. } if folder.is_dir() => Finding::warn(
            "mail",
            format!("mails are written into {}", folder.display()),
            "that is for development; `mail.transport = \"smtp\"` sends them",
        ),
        Mail::File { folder, .. } => Finding::fail(
            "mail",
            format!("there is no folder {}", folder.display()),
            "make it, for the user that the server runs as",
        ),
        Mail::Smtp(options) => {
            let (host, port) = (options.host.as_str(), options.port);
            match timeout(PATIENCE, greeting(host, port)).await {
                Ok(Ok(())) => Finding::ok("mail", format!("{host}:{port} answers")),
                Ok(Err(error)) => unreached(host, port, &error.to_string()),
                Err(_) => unreached(host, port, "it does not answer in time"),
            }
        }
    }
}

/// A connection; a server that speaks plainly first is heard. One within TLS waits for us.
async fn greeting(host: &str, port: u16) -> std::io::Result<()> {
    let mut stream = TcpStream::connect((host, port)).await?;
    let mut first = [0; 3];
    match timeout(Duration::from_secs(1), stream.read_exact(&mut first)).await {
        Ok(Ok(_)) if &first != b"220" => Err(std::io::Error::other("it is no mail server")),
        Ok(Err(error)) => Err(error),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

fn unreached(host: &str, port: u16, why: &str) -> Finding {
    Finding::fail(
        "mail",
        format!("{host}:{port} is not reached: {why}"),
        "is `[mail]` right, and does a firewall let this machine out to that port?",
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn answer(status: u16, body: &str) -> EgressResponse {
        EgressResponse {
            status,
            headers: vec![(
                "date".to_owned(),
                "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(),
            )],
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn what_an_issuer_says_is_understood() {
        let issuer = "https://id.example.com";
        let severity = |status, body: &str| said("issuer", issuer, &answer(status, body)).severity;
        let own = "{\"issuer\":\"https://id.example.com\"}";
        assert_eq!(severity(200, own), Severity::Ok);
        let other = "{\"issuer\":\"http://id.example.com\"}";
        assert_eq!(severity(200, other), Severity::Fail);
        assert_eq!(severity(200, "<html>"), Severity::Fail);
        assert_eq!(severity(403, ""), Severity::Warn);
        let misdirected = said("issuer", issuer, &answer(421, ""));
        assert!(misdirected.remedy.contains("Host $http_host"));
    }

    #[test]
    fn dates_of_answers_are_read() {
        assert_eq!(
            parse_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777)
        );
        assert_eq!(
            parse_date("Thu, 29 Feb 2024 00:00:00 GMT"),
            Some(1_709_164_800)
        );
        assert_eq!(parse_date("yesterday"), None);
        let at = |seconds| clock(&answer(200, ""), Timestamp::from_seconds(seconds));
        assert_eq!(at(784_111_778).unwrap().severity, Severity::Ok);
        assert_eq!(at(784_111_790).unwrap().severity, Severity::Warn);
        assert_eq!(at(784_111_700).unwrap().severity, Severity::Fail);
    }

    #[test]
    fn whoever_listens_everywhere_is_asked_here() {
        let own = |text: &str| own_address(text.parse().unwrap()).to_string();
        assert_eq!(own("0.0.0.0:9040"), "127.0.0.1:9040");
        assert_eq!(own("[::]:9040"), "[::1]:9040");
        assert_eq!(own("192.0.2.7:9040"), "192.0.2.7:9040");
    }
}
