//! A webhook: each batch is one POST of JSON, signed so that whoever gets it can tell that it is
//! ours and new.
//!
//! `X-Gatelodge-Signature: t=<seconds>,v1=<hex>`, where `v1` is the HMAC-SHA-256 (RFC 2104) of
//! `<seconds>.<body>` under the shared key. A receiver compares it in constant time, refuses what
//! is older than some minutes, and tells what came twice by positions. Any answer of 2xx takes
//! the batch; after anything else it comes again.

use core::fmt::Write as _;
use core::time::Duration;
use std::sync::Arc;

use async_trait::async_trait;
use gatelodge_domain::SecretBytes;
use gatelodge_domain::factor::totp::TotpHash;
use gatelodge_ports::egress::{EgressMethod, EgressRequest};
use gatelodge_ports::{AuditSink, Clock, Egress, Hmac, SinkError, SinkItem, SinkRecord};

use crate::watched::watched;

/// For the whole exchange.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a receiver may say.
const ANSWER: u64 = 65_536;

/// Posts to a URL.
pub struct WebhookSink {
    url: String,
    key: SecretBytes,
    egress: Arc<dyn Egress>,
    hmac: Arc<dyn Hmac>,
    clock: Arc<dyn Clock>,
}

impl WebhookSink {
    /// To that URL, signed under a key that the receiver has too.
    pub fn new(
        url: String,
        key: SecretBytes,
        egress: Arc<dyn Egress>,
        hmac: Arc<dyn Hmac>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        Arc::new(Self {
            url,
            key,
            egress,
            hmac,
            clock,
        })
    }

    fn request(&self, records: &[SinkRecord]) -> Result<EgressRequest, SinkError> {
        let body = body(records);
        let seconds = self.clock.now().as_seconds();
        let signed = format!("{seconds}.{body}");
        let mac = self
            .hmac
            .hmac(TotpHash::Sha256, &self.key, signed.as_bytes())
            .map_err(|error| SinkError(error.to_string()))?;
        let mut signature = format!("t={seconds},v1=");
        for byte in mac {
            // Writing to a string cannot fail.
            let _ = write!(signature, "{byte:02x}");
        }
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Ok(EgressRequest {
            method: EgressMethod::Post,
            url: self.url.clone(),
            headers: vec![
                header("content-type", "application/json"),
                header("user-agent", "gatelodge"),
                header("x-gatelodge-signature", &signature),
            ],
            body: body.into_bytes(),
            limit: ANSWER,
            timeout: PATIENCE,
        })
    }
}

/// `{"events": […], "seal": …}`; the seal is `null` where none came.
fn body(records: &[SinkRecord]) -> String {
    let mut text = String::from("{\"events\":[");
    let mut seal = "null";
    let mut events = 0;
    for record in records {
        match &record.what {
            SinkItem::Seal(_) => seal = &record.json,
            SinkItem::Event { .. } => {
                if events > 0 {
                    text.push(',');
                }
                text.push_str(&record.json);
                events += 1;
            }
        }
    }
    text.push_str("],\"seal\":");
    text.push_str(seal);
    text.push('}');
    text
}

#[async_trait]
impl AuditSink for WebhookSink {
    fn name(&self) -> &'static str {
        "webhook"
    }

    async fn deliver(&self, records: &[SinkRecord]) -> Result<(), SinkError> {
        let request = self.request(records)?;
        let posted = async {
            match self.egress.fetch(request).await {
                Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
                Ok(answer) => Err(SinkError(format!("it answered {}", answer.status))),
                Err(error) => Err(SinkError(error.to_string())),
            }
        };
        watched(self.name(), records, posted).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use gatelodge_domain::Timestamp;
    use gatelodge_domain::audit::Outcome;
    use gatelodge_ports::HmacError;
    use gatelodge_ports::egress::{EgressError, EgressResponse};

    use super::*;
    use crate::samples::{event, seal};

    struct Receiver {
        status: u16,
        seen: Mutex<Vec<EgressRequest>>,
    }

    #[async_trait]
    impl Egress for Receiver {
        async fn fetch(&self, request: EgressRequest) -> Result<EgressResponse, EgressError> {
            self.seen.lock().unwrap().push(request);
            Ok(EgressResponse {
                status: self.status,
                headers: Vec::new(),
                body: Vec::new(),
            })
        }
    }

    /// Shows what was signed, and under which key.
    struct Shown;

    impl Hmac for Shown {
        fn hmac(
            &self,
            _: TotpHash,
            key: &SecretBytes,
            message: &[u8],
        ) -> Result<Vec<u8>, HmacError> {
            Ok([key.expose().as_slice(), message].concat())
        }
    }

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(43_200)
        }
    }

    #[tokio::test]
    async fn a_batch_is_one_signed_post_and_taken_by_any_2xx() {
        for (status, taken) in [(204, true), (302, false), (500, false)] {
            let receiver = Arc::new(Receiver {
                status,
                seen: Mutex::default(),
            });
            let key = SecretBytes::new(b"key".to_vec());
            let url = "https://siem.example/in".to_owned();
            let sink =
                WebhookSink::new(url, key, receiver.clone(), Arc::new(Shown), Arc::new(Noon));
            let records = [
                event(1, Outcome::Success),
                event(2, Outcome::Denied),
                seal(5),
            ];
            assert_eq!(sink.deliver(&records).await.is_ok(), taken, "{status}");
            let seen = receiver.seen.lock().unwrap().remove(0);
            let body = r#"{"events":[{"position":1},{"position":2}],"seal":{"seal":5}}"#;
            assert_eq!(seen.body, body.as_bytes());
            let signed = format!("key43200.{body}").into_bytes();
            let expected = signed
                .iter()
                .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
            let signature = (
                "x-gatelodge-signature".to_owned(),
                format!("t=43200,v1={expected}"),
            );
            assert!(seen.headers.contains(&signature), "{:?}", seen.headers);
        }
        assert_eq!(body(&[]), r#"{"events":[],"seal":null}"#);
    }
}
