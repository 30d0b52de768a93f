//! SMTP (RFC 5321), with authentication (RFC 4954) and TLS (RFC 3207, RFC 8314).

use core::time::Duration;

use async_trait::async_trait;
use gatelodge_domain::{SecretBytes, SecretText};
use gatelodge_ports::Mailer;
use gatelodge_ports::mailer::{Delivery, Mail, Trouble};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use tokio::runtime::Handle;

use crate::Sender;
use crate::watched::watched;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// From the first byte (port 465).
    Implicit,
    /// By STARTTLS, without which nothing is sent (port 587).
    StartTls,
    /// Not at all (port 25); for a relay on the same machine.
    None,
}

impl SmtpTls {
    /// The port that is usual for it.
    pub const fn port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

/// Who we are to the server.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: SecretText,
}

/// How the server is reached.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// Its host name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Protection.
    pub tls: SmtpTls,
    /// A certificate (PEM) to trust besides the system's.
    pub ca: Option<SecretBytes>,
    /// Who we are, where the server wants to know.
    pub credentials: Option<Credentials>,
    /// What we say in EHLO; the machine's name without.
    pub hello_name: Option<String>,
    /// For each mail as a whole.
    pub timeout: Duration,
    /// Who mails come from.
    pub sender: Sender,
}

/// Why there is no mailer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SmtpError(#[from] lettre::transport::smtp::Error);

/// Connections that nobody used for that long are closed.
const IDLE: Duration = Duration::from_secs(30);
const CONNECTIONS: u32 = 2;

/// Sends through one server, on connections that are kept for a moment.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
    timeout: Duration,
    place: String,
    // A connection dies with the runtime in which it was opened, and mails are sent from many.
    runtime: Handle,
}

impl SmtpMailer {
    /// Nothing is connected yet. Every connection lives in that runtime.
    pub fn new(options: SmtpOptions, runtime: Handle) -> Result<Self, SmtpError> {
        let mut parameters = TlsParameters::builder(options.host.clone());
        if let Some(ca) = &options.ca {
            parameters = parameters.add_root_certificate(Certificate::from_pem(ca.expose())?);
        }
        let tls = match options.tls {
            SmtpTls::Implicit => Tls::Wrapper(parameters.build()?),
            SmtpTls::StartTls => Tls::Required(parameters.build()?),
            SmtpTls::None => Tls::None,
        };
        let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE);
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(options.host.clone())
                .port(options.port)
                .tls(tls)
                .timeout(Some(options.timeout))
                .pool_config(pool);
        if let Some(name) = options.hello_name {
            builder = builder.hello_name(ClientId::Domain(name));
        }
        if let Some(Credentials { username, password }) = options.credentials {
            let password = password.expose().clone();
            let credentials =
                lettre::transport::smtp::authentication::Credentials::new(username, password);
            builder = builder.credentials(credentials);
        }
        let _inside = runtime.enter();
        Ok(Self {
            transport: builder.build(),
            sender: options.sender,
            timeout: options.timeout,
            place: format!("smtp {}:{}", options.host, options.port),
            runtime,
        })
    }
}

impl SmtpMailer {
    async fn hand_over(&self, mail: &Mail) -> Delivery {
        let message = match self.sender.message(mail) {
            Ok(message) => message,
            Err(refused) => return refused,
        };
        let transport = self.transport.clone();
        let sending = self
            .runtime
            .spawn(async move { transport.send(message).await });
        // Ended with the wait for it: what may still be sent must not be sent again meanwhile.
        let ending = sending.abort_handle();
        match tokio::time::timeout(self.timeout, sending).await {
            Ok(Ok(Ok(_))) => Delivery::Sent,
            Ok(Ok(Err(error))) => understand(&error),
            Ok(Err(_)) => later("other", None, "the sender ended early".to_owned()),
            Err(_) => {
                ending.abort();
                later(
                    "connection",
                    None,
                    "the server did not answer in time".to_owned(),
                )
            }
        }
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Delivery {
        watched("smtp", self.hand_over(mail)).await
    }

    fn describe(&self) -> String {
        self.place.clone()
    }
}

fn later(what: &'static str, code: Option<u16>, reason: String) -> Delivery {
    Delivery::TemporaryFailure(Trouble { what, code, reason })
}

/// A wrong password is the operator's mistake and not the mail's: mended, the mail can go. What
/// the server says of the mail itself is final.
fn understand(error: &lettre::transport::smtp::Error) -> Delivery {
    let code = error.status().map(u16::from);
    let reason = chain(error);
    if error.is_tls() {
        return later("tls", code, reason);
    }
    match code {
        // Authentication: RFC 4954 §6.
        Some(432 | 454 | 530 | 534 | 535 | 538) => later("credentials", code, reason),
        // The server as a whole (RFC 5321 §4.2.3): it goes away, or does not speak with us.
        Some(421 | 500..=504 | 521) => later("refused", code, reason),
        Some(500..) => Delivery::PermanentFailure(Trouble {
            what: "refused",
            code,
            reason,
        }),
        Some(_) => later("refused", code, reason),
        None if error.is_client() => later("other", None, reason),
        None => later("connection", None, reason),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    /// For a server that answers.
    const LONG: Duration = Duration::from_mins(1);

    fn options(port: u16, tls: SmtpTls) -> SmtpOptions {
        SmtpOptions {
            host: "127.0.0.1".to_owned(),
            port,
            tls,
            ca: None,
            credentials: None,
            hello_name: Some("id.example".to_owned()),
            timeout: LONG,
            sender: Sender::parse("no-reply@id.example", None).unwrap(),
        }
    }

    fn mail() -> Mail {
        Mail {
            id: "a1".to_owned(),
            house: "House".to_owned(),
            to: "ada@example.org".to_owned(),
            subject: "Hello".to_owned(),
            text: "Text".to_owned(),
            html: "<p>Text</p>".to_owned(),
            logo: None,
        }
    }

    /// A server that answers the recipient with that line, and everything else kindly.
    async fn server(recipient: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                let _ = write.write_all(b"220 hello\r\n").await;
                let mut writing = false;
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match line.get(..4).unwrap_or(&line) {
                        "." => {
                            writing = false;
                            "250 caught"
                        }
                        _ if writing => continue,
                        "RCPT" => recipient,
                        "DATA" => {
                            writing = true;
                            "354 go on"
                        }
                        _ => "250 fine",
                    };
                    if answer.is_empty() {
                        continue;
                    }
                    let _ = write.write_all(format!("{answer}\r\n").as_bytes()).await;
                }
            }
        });
        port
    }

    async fn sent(recipient: &'static str, tls: SmtpTls) -> Delivery {
        sent_within(LONG, recipient, tls).await
    }

    async fn sent_within(timeout: Duration, recipient: &'static str, tls: SmtpTls) -> Delivery {
        let port = server(recipient).await;
        let options = SmtpOptions {
            timeout,
            ..options(port, tls)
        };
        let mailer = SmtpMailer::new(options, Handle::current()).unwrap();
        mailer.send(&mail()).await
    }

    #[tokio::test]
    async fn what_the_server_says_decides_whether_to_try_again() {
        assert_eq!(sent("250 fine", SmtpTls::None).await, Delivery::Sent);
        for (line, code) in [
            ("451 busy", 451),
            ("421 going away", 421),
            ("535 bad password", 535),
        ] {
            let delivery = sent(line, SmtpTls::None).await;
            let Delivery::TemporaryFailure(trouble) = delivery else {
                panic!("{line}: {delivery:?}")
            };
            assert_eq!(trouble.code, Some(code), "{line}");
        }
        for line in ["550 no such user", "552 too large", "554 no"] {
            let delivery = sent(line, SmtpTls::None).await;
            assert!(
                matches!(&delivery, Delivery::PermanentFailure(trouble) if trouble.what == "refused"),
                "{line}: {delivery:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_server_that_is_gone_or_silent_is_asked_again() {
        let silent = sent_within(Duration::from_secs(1), "", SmtpTls::None).await;
        assert!(
            matches!(silent, Delivery::TemporaryFailure(_)),
            "{silent:?}"
        );
        // Bound and not listening: nobody else gets the port meanwhile.
        let gone = TcpSocket::new_v4().unwrap();
        gone.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = gone.local_addr().unwrap().port();
        let mailer = SmtpMailer::new(options(port, SmtpTls::None), Handle::current()).unwrap();
        let told = mailer.send(&mail()).await;
        assert!(
            matches!(&told, Delivery::TemporaryFailure(trouble) if trouble.what == "connection"),
            "{told:?}"
        );
        drop(gone);
    }

    #[tokio::test]
    async fn without_starttls_nothing_is_sent() {
        let delivery = sent("250 fine", SmtpTls::StartTls).await;
        assert!(
            matches!(delivery, Delivery::TemporaryFailure(_)),
            "{delivery:?}"
        );
    }
}
