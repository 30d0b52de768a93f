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

#[cfg(test)]
mod tests {
    use super::super::layers::Layer;
    use super::super::{Effective, Settings};
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Mail, Stop> {
        let mut flags = Layer::default();
        for (key, value) in values {
            flags.flag("--flag", &format!("mail.{key}"), value)?;
        }
        let layers = vec![Layer::defaults()?, flags];
        Ok(Settings::read(&Effective::of(layers)?)?.mail)
    }

    fn smtp(values: &[(&str, &str)]) -> SmtpOptions {
        let all = [
            ("transport", "smtp"),
            ("from", "Example <no-reply@example.org>"),
        ];
        let all: Vec<_> = all.iter().chain(values).copied().collect();
        match read(&all) {
            Ok(Mail::Smtp(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    fn refusal(values: &[(&str, &str)]) -> String {
        match read(values) {
            Ok(mail) => panic!("{mail:?} is taken"),
            Err(stop) => stop.to_string(),
        }
    }

    #[test]
    fn each_protection_has_its_usual_port() {
        for (tls, port) in [("starttls", 587), ("implicit", 465)] {
            let options = smtp(&[("host", "mail.example.org"), ("tls", tls)]);
            assert_eq!(options.port, port, "{tls}");
        }
        assert_eq!(smtp(&[("host", "127.0.0.1"), ("tls", "none")]).port, 25);
        assert_eq!(smtp(&[("host", "::1"), ("port", "2525")]).port, 2525);
        assert!(matches!(read(&[]), Ok(Mail::None)));
    }

    #[test]
    fn plain_text_to_another_machine_has_to_be_allowed() {
        let plain = [("host", "mail.example.org"), ("tls", "none")];
        let all = [
            ("transport", "smtp"),
            ("from", "a@b.example"),
            plain[0],
            plain[1],
        ];
        assert!(refusal(&all).contains("mail.allow_insecure"));
        let allowed = smtp(&[plain[0], plain[1], ("allow_insecure", "true")]);
        assert_eq!(allowed.tls, SmtpTls::None);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (given, key) in [
            (vec![("transport", "smtp")], "mail.host"),
            (vec![("transport", "smtp"), ("host", "h")], "mail.from"),
            (vec![("transport", "file")], "mail.folder"),
            (
                vec![("transport", "file"), ("folder", "m"), ("from", "nobody")],
                "mail.from",
            ),
            (
                vec![
                    ("transport", "smtp"),
                    ("host", "h"),
                    ("from", "a@b.example"),
                    ("username", "me"),
                ],
                "mail.username",
            ),
        ] {
            let refused = refusal(&given);
            assert!(refused.contains(&format!("`{key}`")), "{key}: {refused}");
        }
    }
}
