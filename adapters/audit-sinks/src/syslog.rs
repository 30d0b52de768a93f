//! Syslog (RFC 5424): over the socket of this machine's daemon, over UDP (RFC 5426), or over TCP
//! with octet counting (RFC 6587 §3.4.1).
//!
//! Syslog has no acknowledgement. Over TCP each batch has a connection of its own, whose end we
//! announce and then wait for: a server that closes it in answer has read everything, and one
//! that died shows. A datagram to the local socket waits for room there and fails where nobody
//! listens. UDP may lose anything, and is for networks where that is known.

use core::fmt::Write as _;
use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::audit::Outcome;
use gatelodge_ports::{AuditSink, SinkError, SinkItem, SinkRecord};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket, UnixDatagram};
use tokio::time::timeout;

use crate::watched::watched;

/// For a batch to be written.
const PATIENCE: Duration = Duration::from_secs(10);
/// For the server to close a connection whose end was announced. One that does not is taken at
/// its kernel's word.
const FAREWELL: Duration = Duration::from_secs(3);
/// "Log audit" (RFC 5424 §6.2.1, table 1).
const FACILITY: u8 = 13;
/// Warning, notice and informational (RFC 5424 §6.2.1, table 2).
const SEVERITIES: (u8, u8, u8) = (4, 5, 6);

/// Where a syslog server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyslogAddress {
    /// A datagram socket on this machine, usually `/dev/log`.
    Unix(PathBuf),
    /// `host:port` over UDP.
    Udp(String),
    /// `host:port` over TCP.
    Tcp(String),
}

/// Why a text is no such address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not like unix:/dev/log, udp://host:514 or tcp://host:601")]
pub struct InvalidSyslogAddress;

impl SyslogAddress {
    /// Reads `unix:/path`, `udp://host:port` or `tcp://host:port`.
    pub fn parse(text: &str) -> Result<Self, InvalidSyslogAddress> {
        let authority = |text: &str| {
            let (host, port) = text.rsplit_once(':').ok_or(InvalidSyslogAddress)?;
            match port.parse::<u16>() {
                Ok(1..) if !host.is_empty() => Ok(text.to_owned()),
                Ok(_) | Err(_) => Err(InvalidSyslogAddress),
            }
        };
        if let Some(path) = text.strip_prefix("unix:").filter(|it| it.starts_with('/')) {
            Ok(Self::Unix(PathBuf::from(path)))
        } else if let Some(rest) = text.strip_prefix("udp://") {
            authority(rest).map(Self::Udp)
        } else if let Some(rest) = text.strip_prefix("tcp://") {
            authority(rest).map(Self::Tcp)
        } else {
            Err(InvalidSyslogAddress)
        }
    }
}

/// Sends to a syslog server.
pub struct SyslogSink {
    address: SyslogAddress,
    /// `HOSTNAME` of RFC 5424 §6.2.4; `-` where it is not known.
    host: String,
    process: u32,
}

impl SyslogSink {
    /// To that address, as this host.
    pub fn new(address: SyslogAddress, host: Option<&str>) -> Arc<Self> {
        let printable = |name: &&str| {
            (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        Arc::new(Self {
            address,
            host: host.filter(printable).unwrap_or("-").to_owned(),
            process: std::process::id(),
        })
    }

    /// RFC 5424 §6. What is said is JSON, so it is ASCII or UTF-8 without control characters;
    /// the byte order mark that the grammar has for UTF-8 is left out, because the text is
    /// `MSG-ANY` to it, and collectors parse JSON better without.
    fn message(&self, record: &SinkRecord) -> String {
        let (warning, notice, information) = SEVERITIES;
        let (severity, name) = match &record.what {
            SinkItem::Event { event, .. } => {
                let severity = match event.outcome {
                    Outcome::Denied => warning,
                    Outcome::Success => information,
                };
                (severity, event.action.as_str())
            }
            SinkItem::Seal(_) => (notice, "audit.seal"),
        };
        // MSGID has at most 32 characters.
        let name = name.get(..32).unwrap_or(name);
        let mut text = String::with_capacity(record.json.len() + 96);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "<{}>1 {} {} gatelodge {} {name} - {}",
            FACILITY * 8 + severity,
            record.time,
            self.host,
            self.process,
            record.json,
        );
        text
    }

    async fn send(&self, messages: &[String]) -> std::io::Result<()> {
        match &self.address {
            SyslogAddress::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                for message in messages {
                    socket.send(message.as_bytes()).await?;
                }
            }
            SyslogAddress::Udp(address) => {
                let mut found = tokio::net::lookup_host(address).await?;
                let there = found.next().ok_or(std::io::ErrorKind::NotFound)?;
                let ours = if there.is_ipv4() {
                    "0.0.0.0:0"
                } else {
                    "[::]:0"
                };
                let socket = UdpSocket::bind(ours).await?;
                socket.connect(there).await?;
                for message in messages {
                    socket.send(message.as_bytes()).await?;
                }
            }
            SyslogAddress::Tcp(address) => {
                let mut stream = TcpStream::connect(address).await?;
                let mut framed = Vec::new();
                for message in messages {
                    framed.extend_from_slice(format!("{} ", message.len()).as_bytes());
                    framed.extend_from_slice(message.as_bytes());
                }
                stream.write_all(&framed).await?;
                stream.shutdown().await?;
                let mut rest = [0; 64];
                let closed = async {
                    while stream.read(&mut rest).await? > 0 {}
                    Ok(())
                };
                // An error is a server that went away before it had read everything.
                return timeout(FAREWELL, closed).await.unwrap_or(Ok(()));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl AuditSink for SyslogSink {
    fn name(&self) -> &'static str {
        "syslog"
    }

    async fn deliver(&self, records: &[SinkRecord]) -> Result<(), SinkError> {
        let messages: Vec<String> = records.iter().map(|record| self.message(record)).collect();
        let sent = async {
            match timeout(PATIENCE, self.send(&messages)).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(SinkError(error.to_string())),
                Err(_) => Err(SinkError("the server takes nothing".to_owned())),
            }
        };
        watched(self.name(), records, sent).await
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;
    use crate::samples::{event, seal};

    #[test]
    fn a_message_has_the_form_of_rfc_5424() {
        let sink = SyslogSink::new(SyslogAddress::Udp("x:1".to_owned()), Some("gate.example"));
        let process = std::process::id();
        assert_eq!(
            sink.message(&event(7, Outcome::Denied)),
            format!(
                "<108>1 1970-01-01T00:00:00.000Z gate.example gatelodge {process} sign_in - {{\"position\":7}}"
            )
        );
        let said = sink.message(&event(7, Outcome::Success));
        assert!(said.starts_with("<110>1 "), "{said}");
        let said = sink.message(&seal(3));
        assert!(
            said.starts_with("<109>1 ") && said.contains(" audit.seal - {"),
            "{said}"
        );
        let odd = SyslogSink::new(SyslogAddress::Udp("x:1".to_owned()), Some("two words"));
        assert!(odd.message(&seal(3)).contains("Z - gatelodge "));
    }

    #[test]
    fn addresses_are_read_and_others_refused() {
        for (text, address) in [
            (
                "unix:/dev/log",
                SyslogAddress::Unix(PathBuf::from("/dev/log")),
            ),
            (
                "udp://[::1]:514",
                SyslogAddress::Udp("[::1]:514".to_owned()),
            ),
            (
                "tcp://logs.example:601",
                SyslogAddress::Tcp("logs.example:601".to_owned()),
            ),
        ] {
            assert_eq!(SyslogAddress::parse(text), Ok(address));
        }
        for text in [
            "",
            "unix:log",
            "udp://host",
            "tcp://:601",
            "tcp://h:0",
            "tls://h:1",
            "h:514",
        ] {
            assert_eq!(
                SyslogAddress::parse(text),
                Err(InvalidSyslogAddress),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn a_batch_over_tcp_is_counted_in_octets_and_read_to_its_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let sink = SyslogSink::new(SyslogAddress::Tcp(address), None);
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut all = String::new();
            stream.read_to_string(&mut all).await.unwrap();
            all
        });
        let records = [event(1, Outcome::Success), seal(1)];
        sink.deliver(&records).await.unwrap();
        let said = server.await.unwrap();
        let expected = records.iter().fold(String::new(), |all, record| {
            let message = sink.message(record);
            format!("{all}{} {message}", message.len())
        });
        assert_eq!(said, expected);
        // Bound and not listening: nobody else gets the port meanwhile.
        let gone = TcpSocket::new_v4().unwrap();
        gone.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = gone.local_addr().unwrap().to_string();
        let sink = SyslogSink::new(SyslogAddress::Tcp(address), None);
        assert!(sink.deliver(&records).await.is_err(), "nobody listens");
    }

    #[tokio::test]
    async fn datagrams_arrive_one_a_record() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let local = UnixDatagram::bind(&path).unwrap();
        let remote = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = remote.local_addr().unwrap().to_string();
        let records = [event(1, Outcome::Success), event(2, Outcome::Denied)];
        let mut buffer = vec![0; 4_096];
        for address in [
            SyslogAddress::Unix(path.clone()),
            SyslogAddress::Udp(address),
        ] {
            let is_local = matches!(address, SyslogAddress::Unix(_));
            let sink = SyslogSink::new(address, None);
            sink.deliver(&records).await.unwrap();
            for record in &records {
                let length = if is_local {
                    local.recv(&mut buffer).await.unwrap()
                } else {
                    remote.recv(&mut buffer).await.unwrap()
                };
                assert_eq!(buffer[..length], *sink.message(record).as_bytes());
            }
        }
        drop(local);
        let gone = SyslogSink::new(SyslogAddress::Unix(path), None);
        assert!(gone.deliver(&records).await.is_err(), "nobody listens");
    }
}
