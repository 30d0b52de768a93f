//! HTTP as `lodge` needs it: one agent, no redirects (a token must not follow one), TLS by the
//! system's OpenSSL, and plain http to this machine only unless somebody insists.

mod refusal;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::{Agent, Body, http};
use url::Url;

use crate::fault::Fault;

const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_mins(1);
/// An answer that is read whole is never longer.
const LONGEST: u64 = 256 << 20;
/// Longer than this nobody waits for a server that asks for patience.
const PATIENCE: u64 = 10;
const TRIES: u32 = 3;

/// Whom to believe.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    /// Certificates of authorities, in the place of the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// Whether http is fine beyond this machine.
    pub(crate) insecure: bool,
}

/// A server that can be asked.
pub(crate) struct Http {
    agent: Agent,
    base: Url,
}

/// A request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// Below the base, each segment percent-encoded; or a whole URL.
    pub(crate) target: String,
    /// Name and value.
    pub(crate) query: Vec<(String, String)>,
    /// Name and value.
    pub(crate) headers: Vec<(String, String)>,
    /// Media type and content.
    pub(crate) body: Option<(String, Vec<u8>)>,
    /// Whether it may be sent again when its answer was lost.
    pub(crate) repeatable: bool,
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: u16,
    /// The entity tag.
    pub(crate) etag: Option<String>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A request without anything.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            repeatable: matches!(method, "GET" | "PUT" | "DELETE"),
            ..Self::default()
        }
    }

    /// With a header.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a form.
    #[must_use]
    pub(crate) fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let media = "application/x-www-form-urlencoded".to_owned();
        self.body = Some((media, text.into_bytes()));
        self
    }
}

/// The URL of a server as people type it, normalised.
pub(crate) fn server_url(text: &str) -> Result<Url, Fault> {
    let wrong = |why: &str| Fault::Usage(format!("`{text}` is no URL of a server: {why}"));
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins with https://"));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(wrong(
            "it has a host and perhaps a port and a path, and nothing else",
        ));
    }
    Ok(url)
}

/// The text of such a URL, without a slash at its end.
pub(crate) fn url_text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Http {
    /// A server to be asked.
    pub(crate) fn new(base: &Url, trust: &Trust) -> Result<Self, Fault> {
        if base.scheme() == "http" && !is_this_machine(base) && !trust.insecure {
            return Err(Fault::Usage(format!(
                "`{base}` is not this machine, and over http anybody on the way can read the \
                 token: use https, or say --allow-insecure"
            )));
        }
        let roots = match &trust.ca_file {
            Some(file) => RootCerts::new_with_certs(&authorities(file)?),
            None => RootCerts::PlatformVerifier,
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(roots)
            .build();
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("lodge/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls);
        if is_this_machine(base) {
            config = config.proxy(None);
        }
        Ok(Self {
            agent: config.build().into(),
            base: base.clone(),
        })
    }

    /// The URL of the server.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// Sends a request and reads the answer whole. A busy server is asked again.
    pub(crate) fn send(&self, request: &Request) -> Result<Reply, Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.run(request, Some(WHOLE)) {
                Ok(answer) => {
                    let busy = matches!(answer.status().as_u16(), 429 | 503);
                    match retry_after(&answer).filter(|_| busy && tries < TRIES) {
                        Some(seconds) if seconds <= PATIENCE => {
                            std::thread::sleep(Duration::from_secs(seconds.max(1)));
                        }
                        _ => return read(answer),
                    }
                }
                Err(Fault::Failed(_)) if request.repeatable && tries < 2 => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Sends a request and leaves the answer's body to be read as it comes.
    pub(crate) fn open(&self, request: &Request) -> Result<Opened, Fault> {
        let answer = self.run(request, None)?;
        if answer.status().is_success() {
            return Ok(Opened {
                body: Box::new(
                    answer
                        .into_body()
                        .into_with_config()
                        .limit(u64::MAX)
                        .reader(),
                ),
            });
        }
        Err(read(answer)?.refusal())
    }

    /// Sends a request whose answer may take its time.
    pub(crate) fn send_patiently(&self, request: &Request) -> Result<Reply, Fault> {
        read(self.run(request, None)?)
    }

    fn run(
        &self,
        request: &Request,
        within: Option<Duration>,
    ) -> Result<http::Response<Body>, Fault> {
        let built = self.build(request)?;
        let wrong = |error: http::Error| Fault::because("the request", &error);
        let answer = match &request.body {
            None => {
                let asked = built.body(()).map_err(wrong)?;
                let asked = self.agent.configure_request(asked).timeout_global(within);
                self.agent.run(asked.build())
            }
            Some((_, body)) => {
                let asked = built.body(body.as_slice()).map_err(wrong)?;
                let asked = self.agent.configure_request(asked).timeout_global(within);
                self.agent
                    .run(asked.allow_non_standard_methods(true).build())
            }
        };
        answer.map_err(|error| self.unreachable(&error))
    }

    fn build(&self, request: &Request) -> Result<http::request::Builder, Fault> {
        let mut url = if request.target.starts_with('/') {
            let base = url_text(&self.base);
            Url::parse(&format!("{base}{}", request.target))
        } else {
            Url::parse(&request.target)
        }
        .map_err(|error| Fault::because("the address", &error))?;
        if url.origin() != self.base.origin() {
            return Err(Fault::Failed(format!(
                "the server at {} sends us to {}, which is somebody else",
                self.base, url
            )));
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut built = http::Request::builder()
            .method(request.method.as_str())
            .uri(url.as_str());
        if let Some((media, _)) = &request.body {
            built = built.header("content-type", media);
        }
        for (name, value) in &request.headers {
            built = built.header(name, value);
        }
        Ok(built)
    }

    fn unreachable(&self, error: &ureq::Error) -> Fault {
        let why = match error {
            ureq::Error::Timeout(_) => "it took too long to answer".to_owned(),
            ureq::Error::HostNotFound => "no such host".to_owned(),
            ureq::Error::Io(error) => error.to_string(),
            other => other.to_string(),
        };
        Fault::Failed(format!(
            "{} cannot be reached: {why}\n  Is the server up, and is that the address of its \
             admin port (--admin-url)?",
            url_text(&self.base)
        ))
    }
}

/// An answer whose body has yet to be read.
pub(crate) struct Opened {
    /// The body.
    pub(crate) body: Box<dyn Read>,
}

fn retry_after(answer: &http::Response<Body>) -> Option<u64> {
    let value = answer.headers().get("retry-after")?;
    value.to_str().ok()?.trim().parse().ok()
}

fn read(answer: http::Response<Body>) -> Result<Reply, Fault> {
    let status = answer.status().as_u16();
    let etag = answer
        .headers()
        .get("etag")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body = answer
        .into_body()
        .into_with_config()
        .limit(LONGEST)
        .read_to_vec()
        .map_err(|error| Fault::because("the answer broke off", &error))?;
    Ok(Reply { status, etag, body })
}

fn authorities(file: &Path) -> Result<Vec<Certificate<'static>>, Fault> {
    let wrong = |why: &str| Fault::Usage(format!("{}: {why}", file.display()));
    let text = std::fs::read(file).map_err(|error| wrong(&error.to_string()))?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) =
            item.map_err(|error| wrong(&error.to_string()))?
        {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(wrong("no certificate is in there"));
    }
    Ok(found)
}

/// A path segment, percent-encoded (RFC 3986 §2.3: all but unreserved characters).
pub(crate) fn segment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reachable(url: &str, insecure: bool) -> bool {
        let trust = Trust {
            insecure,
            ..Trust::default()
        };
        Http::new(&server_url(url).unwrap(), &trust).is_ok()
    }

    #[test]
    fn a_token_travels_over_http_on_this_machine_only() {
        for url in [
            "http://127.0.0.1:9041",
            "http://localhost:1",
            "http://[::1]:1",
            "https://x",
        ] {
            assert!(reachable(url, false), "{url}");
        }
        for url in [
            "http://id.example",
            "http://10.0.0.1",
            "http://localhost.example",
        ] {
            assert!(!reachable(url, false), "{url}");
            assert!(reachable(url, true), "{url}");
        }
    }

    #[test]
    fn only_urls_of_servers_are_taken() {
        for wrong in [
            "id.example",
            "ftp://id.example",
            "https://id.example/?a=b",
            "https://u:p@x",
        ] {
            assert!(server_url(wrong).is_err(), "{wrong}");
        }
        let url = server_url("https://ID.example:443/").unwrap();
        assert_eq!(url_text(&url), "https://id.example");
    }

    #[test]
    fn segments_cannot_leave_their_place() {
        assert_eq!(segment("a/../b"), "a%2F..%2Fb");
        assert_eq!(segment("https://x"), "https%3A%2F%2Fx");
    }

    #[test]
    fn nobody_is_sent_elsewhere_with_a_token() {
        let http = Http::new(
            &server_url("http://127.0.0.1:1").unwrap(),
            &Trust::default(),
        );
        let request = Request::new("GET", "http://127.0.0.1:2/token");
        let fault = http.unwrap().send(&request).unwrap_err();
        assert!(fault.to_string().contains("somebody else"), "{fault}");
    }
}
