//! How mail leaves the house: not at all, by SMTP, or into a folder.

use core::time::Duration;
use std::net::IpAddr;
use std::path::PathBuf;

use gatelodge_domain::SecretBytes;
use gatelodge_mail::{Credentials, Sender, SmtpOptions, SmtpTls};

use super::read::Reader;
use crate::stop::Stop;

/// How mail leaves the house.
#[derive(Debug)]
pub(crate) enum Mail {
    /// It does not.
    None,
    /// Through a server.
    Smtp(Box<SmtpOptions>),
    /// Into a folder, for development.
    File {
        /// The folder.
        folder: PathBuf,
        /// Who mails come from.
        sender: Sender,
    },
}

/// Reads `[mail]`.
pub(super) fn mail(read: Reader<'_>) -> Result<Mail, Stop> {
    match read.word("mail.transport")?.as_str() {
        "smtp" => smtp(read).map(|options| Mail::Smtp(Box::new(options))),
        "file" => Ok(Mail::File {
            folder: read
                .path("mail.folder")
                .ok_or_else(|| needed(read, "mail.folder", "file"))?,
            sender: sender(read, "file")?,
        }),
        _ => Ok(Mail::None),
    }
}

fn smtp(read: Reader<'_>) -> Result<SmtpOptions, Stop> {
    let host = read
        .optional("mail.host")
        .ok_or_else(|| needed(read, "mail.host", "smtp"))?;
    let tls = match read.word("mail.tls")?.as_str() {
        "implicit" => SmtpTls::Implicit,
        "none" => SmtpTls::None,
        _ => SmtpTls::StartTls,
    };
    if tls == SmtpTls::None && !is_here(&host) && !read.switch("mail.allow_insecure")? {
        let why = "mails and the password would travel in plain text to another machine, which \
                   `mail.allow_insecure` must allow";
        return Err(read.refuse("mail.tls", &why));
    }
    let port = match read.whole("mail.port")? {
        0 => tls.port(),
        port => u16::try_from(port).unwrap_or(u16::MAX),
    };
    let ca = read.path("mail.ca_file").map(|path| {
        std::fs::read(&path)
            .map(SecretBytes::new)
            .map_err(|error| read.refuse("mail.ca_file", &format!("it cannot be read ({error})")))
    });
    let timeout = u64::from(read.whole("mail.timeout_seconds")?);
    Ok(SmtpOptions {
        host,
        port,
        tls,
        ca: ca.transpose()?,
        credentials: credentials(read)?,
        hello_name: read.optional("mail.hello_name"),
        timeout: Duration::from_secs(timeout),
        sender: sender(read, "smtp")?,
    })
}

fn credentials(read: Reader<'_>) -> Result<Option<Credentials>, Stop> {
    let (name, secret) = ("mail.username", "mail.password");
    match (read.optional(name), read.secret(secret)?) {
        (None, None) => Ok(None),
        (Some(username), Some(password)) => Ok(Some(Credentials { username, password })),
        (Some(_), None) => Err(read.refuse(name, &format!("`{secret}` is missing"))),
        (None, Some(_)) => Err(read.refuse_secret(secret, &format!("`{name}` is missing"))),
    }
}

fn sender(read: Reader<'_>, transport: &str) -> Result<Sender, Stop> {
    let from = read
        .optional("mail.from")
        .ok_or_else(|| needed(read, "mail.from", transport))?;
    Sender::parse(&from, None).map_err(|error| read.refuse("mail.from", &error))?;
    let reply_to = read.optional("mail.reply_to");
    Sender::parse(&from, reply_to.as_deref()).map_err(|error| read.refuse("mail.reply_to", &error))
}

fn needed(read: Reader<'_>, key: &str, transport: &str) -> Stop {
    read.refuse(
        key,
        &format!("`mail.transport` is `{transport}`, which needs it"),
    )
}

/// Whether what is sent to that host stays on this machine.
fn is_here(host: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}
