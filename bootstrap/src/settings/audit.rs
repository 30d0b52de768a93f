//! What becomes of the audit trail besides being kept: how long, and where copies of it go.

use core::time::Duration;
use std::path::PathBuf;

use gatelodge_audit_sinks::SyslogAddress;
use gatelodge_domain::SecretBytes;
use gatelodge_usecases::audit::Personal;
use url::{Host, Url};

use super::read::Reader;
use crate::stop::Stop;

/// A key of the webhook may not be shorter: as many characters as 128 random bits have
/// hexadecimal digits.
const SHORTEST_KEY: usize = 32;

/// `[audit]`.
#[derive(Debug)]
pub(crate) struct Audit {
    /// How long events are kept; for ever without.
    pub(crate) retention: Option<Duration>,
    /// Whether sinks are told what identifies a person.
    pub(crate) personal: Personal,
    /// File of JSON lines.
    pub(crate) file: Option<PathBuf>,
    /// Syslog server.
    pub(crate) syslog: Option<SyslogAddress>,
    /// Webhook.
    pub(crate) webhook: Option<Webhook>,
}

/// A webhook.
#[derive(Debug)]
pub(crate) struct Webhook {
    /// Where batches are posted to.
    pub(crate) url: String,
    /// What they are signed with.
    pub(crate) key: SecretBytes,
    /// Hosts that may be asked although their address is not public.
    pub(crate) allowed: Vec<String>,
}

/// Reads `[audit]`.
pub(super) fn audit(read: Reader<'_>) -> Result<Audit, Stop> {
    let days = read.whole("audit.retention_days")?;
    let syslog = read.optional("audit.syslog").map(|text| {
        SyslogAddress::parse(&text).map_err(|error| read.refuse("audit.syslog", &error))
    });
    Ok(Audit {
        retention: (days > 0).then(|| Duration::from_hours(24 * u64::from(days))),
        personal: if read.switch("audit.personal")? {
            Personal::Opened
        } else {
            Personal::Withheld
        },
        file: read.path("audit.file"),
        syslog: syslog.transpose()?,
        webhook: webhook(read)?,
    })
}

fn webhook(read: Reader<'_>) -> Result<Option<Webhook>, Stop> {
    let (address, secret) = ("audit.webhook_url", "audit.webhook_key");
    let (text, key) = match (read.optional(address), read.secret(secret)?) {
        (None, None) => return Ok(None),
        (Some(text), Some(key)) => (text, key),
        (Some(_), None) => return Err(read.refuse(address, &format!("`{secret}` is missing"))),
        (None, Some(_)) => {
            return Err(read.refuse_secret(secret, &format!("`{address}` is missing")));
        }
    };
    let url = Url::parse(&text).map_err(|error| read.refuse(address, &error))?;
    match url.scheme() {
        "https" => {}
        "http" if is_here(&url) => {}
        _ => {
            let why = "it must be an https URL; http is for this machine only";
            return Err(read.refuse(address, &why));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(read.refuse(address, &"a URL is no place for a password"));
    }
    if key.expose().len() < SHORTEST_KEY {
        let why = "a key has at least 32 characters; `openssl rand -hex 32` makes one";
        return Err(read.refuse_secret(secret, &why));
    }
    let mut allowed = Vec::new();
    if read.switch("audit.webhook_private")? {
        allowed.extend(url.host_str().map(str::to_owned));
    }
    Ok(Some(Webhook {
        url: text,
        key: SecretBytes::new(key.expose().as_bytes().to_vec()),
        allowed,
    }))
}

/// Whether what is sent there stays on this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
