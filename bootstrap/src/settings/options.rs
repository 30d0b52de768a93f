//! Every option there is, and what it may hold. `defaults.toml` holds their defaults and says
//! what each is for; a test keeps both lists the same.

/// What an option may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text; empty is "not set".
    Text,
    /// The path of a file or folder; empty is "not set".
    Path,
    /// `address:port`.
    Address,
    /// `true` or `false`.
    Switch,
    /// A whole number within bounds.
    Whole(u32, u32),
    /// A part of the whole.
    Ratio,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of networks in CIDR notation.
    Networks,
    /// A text that nobody may see. It may also be given as `…_file`, the path of a file whose
    /// content it is.
    Secret,
}

impl Kind {
    /// What is allowed, for error messages and the reference.
    pub(crate) fn allowed(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Address => "an address and port, as 127.0.0.1:9040 or [::1]:9040".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Whole(min, max) => format!("a whole number from {min} to {max}"),
            Self::Ratio => "a number from 0 to 1".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Networks => "a list of networks, as 10.0.0.0/8, 192.0.2.7 or fd00::/8".to_owned(),
            Self::Secret => "a secret text, or the path of its file in `…_file`".to_owned(),
        }
    }
}

/// An option.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opt {
    /// `section.key`.
    pub(crate) key: &'static str,
    /// What it may hold.
    pub(crate) kind: Kind,
}

macro_rules! options {
    ($($key:literal: $kind:expr;)+) => {
        /// Every option, in the order of `defaults.toml`.
        pub(crate) const OPTIONS: &[Opt] = &[$(Opt { key: $key, kind: $kind },)+];
    };
}

options! {
    "server.data_dir": Kind::Path;
    "server.auth_listen": Kind::Address;
    "server.admin_listen": Kind::Address;
    "server.public_url": Kind::Text;
    "server.admin_url": Kind::Text;
    "server.trusted_proxies": Kind::Networks;
    "server.admin_allowed_networks": Kind::Networks;
    "server.admin_denied_networks": Kind::Networks;
    "server.allow_insecure_listen": Kind::Switch;
    "server.api_docs": Kind::Switch;
    "server.workers": Kind::Whole(0, 1024);
    "tls.cert_file": Kind::Path;
    "tls.key_file": Kind::Path;
    "storage.engine": Kind::OneOf(&["sqlite", "postgres", "memory"]);
    "storage.database_url": Kind::Secret;
    "storage.max_connections": Kind::Whole(2, 1000);
    "storage.notifications": Kind::Switch;
    "storage.migrate": Kind::Switch;
    "keys.master_key": Kind::Secret;
    "keys.database_key": Kind::Secret;
    "limits.body_bytes": Kind::Whole(1024, 16_777_216);
    "limits.header_bytes": Kind::Whole(1024, 131_072);
    "limits.uri_bytes": Kind::Whole(1024, 131_072);
    "limits.connections": Kind::Whole(1, 1_000_000);
    "limits.head_seconds": Kind::Whole(1, 600);
    "limits.request_seconds": Kind::Whole(1, 600);
    "limits.body_seconds": Kind::Whole(1, 600);
    "limits.in_flight": Kind::Whole(1, 1_000_000);
    "limits.wait_milliseconds": Kind::Whole(1, 60_000);
    "limits.admin_requests_per_minute": Kind::Whole(0, 1_000_000);
    "limits.stalled_seconds": Kind::Whole(1, 3_600);
    "limits.keep_alive_seconds": Kind::Whole(1, 3_600);
    "limits.drain_seconds": Kind::Whole(0, 600);
    "limits.shutdown_seconds": Kind::Whole(0, 600);
    "hashing.threads": Kind::Whole(0, 1024);
    "hashing.queue": Kind::Whole(0, 100_000);
    "passwords.blocklist_file": Kind::Path;
    "pages.messages_dir": Kind::Path;
    "mail.transport": Kind::OneOf(&["none", "smtp", "file"]);
    "mail.from": Kind::Text;
    "mail.reply_to": Kind::Text;
    "mail.host": Kind::Text;
    "mail.port": Kind::Whole(0, 65_535);
    "mail.tls": Kind::OneOf(&["starttls", "implicit", "none"]);
    "mail.ca_file": Kind::Path;
    "mail.allow_insecure": Kind::Switch;
    "mail.username": Kind::Text;
    "mail.password": Kind::Secret;
    "mail.hello_name": Kind::Text;
    "mail.timeout_seconds": Kind::Whole(1, 120);
    "mail.folder": Kind::Path;
    "audit.retention_days": Kind::Whole(0, 36_500);
    "audit.personal": Kind::Switch;
    "audit.file": Kind::Path;
    "audit.syslog": Kind::Text;
    "audit.webhook_url": Kind::Text;
    "audit.webhook_key": Kind::Secret;
    "audit.webhook_private": Kind::Switch;
    "housekeeping.period_seconds": Kind::Whole(5, 3_600);
    "metrics.token": Kind::Secret;
    "metrics.allowed_networks": Kind::Networks;
    "telemetry.endpoint": Kind::Text;
    "telemetry.headers": Kind::Secret;
    "telemetry.service_name": Kind::Text;
    "telemetry.sample_ratio": Kind::Ratio;
    "telemetry.trusted_callers": Kind::Networks;
    "site.folder": Kind::Path;
    "site.content_security_policy": Kind::Text;
    "log.format": Kind::OneOf(&["text", "json"]);
    "log.level": Kind::Text;
}

/// The key of the file of a secret.
pub(crate) fn file_key(secret: &str) -> String {
    format!("{secret}_file")
}

/// The option of a key, or of the secret whose file the key names.
pub(crate) fn find(key: &str) -> Option<Opt> {
    OPTIONS.iter().copied().find(|option| {
        option.key == key || option.kind == Kind::Secret && file_key(option.key) == key
    })
}

/// The known key that is spelled most like that one.
pub(crate) fn nearest(unknown: &str) -> String {
    let files = OPTIONS
        .iter()
        .filter(|option| option.kind == Kind::Secret)
        .map(|option| file_key(option.key));
    OPTIONS
        .iter()
        .map(|option| option.key.to_owned())
        .chain(files)
        .min_by_key(|known| distance(known, unknown))
        .unwrap_or_default()
}

/// Two spellings of the same key in the wrong section are nearer than two keys of one section.
fn distance(known: &str, unknown: &str) -> usize {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let whole = strsim::damerau_levenshtein(known, unknown);
    let key = strsim::damerau_levenshtein(&last(known), &last(unknown));
    whole.min(key * 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_answered_with_the_key_that_was_meant() {
        for (typo, meant) in [
            ("server.auth_lisen", "server.auth_listen"),
            ("sever.data_dir", "server.data_dir"),
            ("storage.database_urls", "storage.database_url"),
            ("keys.masterkey_file", "keys.master_key_file"),
            ("server.database_url", "storage.database_url"),
            ("limits.bodybytes", "limits.body_bytes"),
        ] {
            assert_eq!(nearest(typo), meant, "{typo}");
        }
    }
}
