//! The [`Egress`] port over `ureq`, with a guard on the addresses that it connects to.
//!
//! The guard sits in the resolver: what it lets through is what is connected to, so a name that
//! resolves differently the second time (DNS rebinding) gains nothing. TLS is the system's
//! OpenSSL with the system's certificates.

mod address;
mod resolver;

use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_ports::Egress;
use gatelodge_ports::egress::{EgressError, EgressMethod, EgressRequest, EgressResponse};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, http};

pub use address::is_public;
use resolver::GuardedResolver;

/// Asks public addresses, and those that the operator allows.
pub struct UreqEgress {
    agent: Agent,
}

impl UreqEgress {
    /// With these hosts allowed although their addresses are not public (`host` or
    /// `host:port`, as the URL spells it).
    pub fn new(allowed: Vec<String>) -> Arc<Self> {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls)
            // A proxy would connect for us, to wherever it likes.
            .proxy(None)
            .build();
        let agent = Agent::with_parts(
            config,
            DefaultConnector::default(),
            GuardedResolver::new(allowed),
        );
        Arc::new(Self { agent })
    }
}

#[async_trait]
impl Egress for UreqEgress {
    async fn fetch(&self, request: EgressRequest) -> Result<EgressResponse, EgressError> {
        let agent = self.agent.clone();
        // `ureq` blocks, and must not block the others.
        tokio::task::spawn_blocking(move || fetch(&agent, &request))
            .await
            .map_err(|error| EgressError::Failed(error.to_string()))?
    }
}

fn fetch(agent: &Agent, request: &EgressRequest) -> Result<EgressResponse, EgressError> {
    let method = match request.method {
        EgressMethod::Get => http::Method::GET,
        EgressMethod::Post => http::Method::POST,
    };
    let mut builder = http::Request::builder().method(method).uri(&request.url);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let failed = |error: http::Error| EgressError::Failed(error.to_string());
    let answer = match request.method {
        EgressMethod::Get => {
            let asked = builder.body(()).map_err(failed)?;
            let asked = agent
                .configure_request(asked)
                .timeout_global(Some(request.timeout));
            agent.run(asked.build())
        }
        EgressMethod::Post => {
            let asked = builder.body(request.body.as_slice()).map_err(failed)?;
            let asked = agent
                .configure_request(asked)
                .timeout_global(Some(request.timeout));
            agent.run(asked.build())
        }
    };
    read(answer.map_err(understand)?, request.limit)
}

fn read(answer: http::Response<Body>, limit: u64) -> Result<EgressResponse, EgressError> {
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let body = answer
        .into_body()
        .into_with_config()
        .limit(limit)
        .read_to_vec();
    Ok(EgressResponse {
        status,
        headers,
        body: body.map_err(understand)?,
    })
}

fn understand(error: ureq::Error) -> EgressError {
    match error {
        ureq::Error::BodyExceedsLimit(_) => EgressError::TooLong,
        ureq::Error::Timeout(_) => EgressError::TimedOut,
        ureq::Error::Other(other) => match other.downcast::<EgressError>() {
            Ok(ours) => *ours,
            Err(other) => EgressError::Failed(other.to_string()),
        },
        error => EgressError::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;

    fn ask(url: &str, limit: u64) -> EgressRequest {
        EgressRequest {
            method: EgressMethod::Get,
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            limit,
            timeout: Duration::from_mins(1),
        }
    }

    /// A server on loopback that answers once.
    fn serve(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[tokio::test]
    async fn our_own_network_is_not_asked_unless_it_is_allowed() {
        let host = serve("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
        let url = format!("http://{host}/");
        let refused = UreqEgress::new(Vec::new()).fetch(ask(&url, 100)).await;
        assert!(
            matches!(refused, Err(EgressError::Forbidden(_))),
            "{refused:?}"
        );
        let answer = UreqEgress::new(vec![host])
            .fetch(ask(&url, 100))
            .await
            .unwrap();
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (200, b"hi".as_slice())
        );
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_a_long_body_is_none() {
        let host = serve(
            "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
        );
        let egress = UreqEgress::new(vec![host.clone()]);
        let answer = egress
            .fetch(ask(&format!("http://{host}/"), 100))
            .await
            .unwrap();
        assert_eq!(answer.status, 302);
        let host = serve("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
        let egress = UreqEgress::new(vec![host.clone()]);
        let answer = egress.fetch(ask(&format!("http://{host}/"), 4)).await;
        assert_eq!(answer, Err(EgressError::TooLong));
    }
}
