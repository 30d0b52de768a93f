//! Flags that set configuration: the last layer, under the names that scripts use.

use std::path::PathBuf;

use clap::Args;

use crate::settings::{Effective, Layer, Settings};
use crate::stop::Stop;

/// Where the store is and what opens it; every command that opens one has these.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StoreFlags {
    /// Folder of the embedded database, the master key and the lock file.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// Where everything durable lives.
    #[arg(
        long,
        value_name = "ENGINE",
        help = "Storage engine: sqlite, postgres or memory"
    )]
    storage: Option<String>,
    /// PostgreSQL server, as postgres://user:password@host:port/database. Other users of the
    /// machine can read flags: the environment or a file is better for a password.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// File of the master key.
    #[arg(long, value_name = "FILE")]
    master_key_file: Option<String>,
    /// File of the key of the embedded database (64 hexadecimal digits).
    #[arg(long, value_name = "FILE")]
    database_key_file: Option<String>,
}

/// Everything that serving can be told.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServeFlags {
    #[command(flatten)]
    store: StoreFlags,
    /// Address of the auth port.
    #[arg(long, value_name = "ADDR")]
    auth_listen: Option<String>,
    /// Address of the admin port.
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<String>,
    /// URL of the auth port as others see it; the default realm's issuer.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// URL of the admin port as others see it; the issuer of the realm `system`.
    #[arg(long, value_name = "URL")]
    admin_url: Option<String>,
    /// Certificate chain of both ports (PEM).
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// Private key of the certificate (PEM).
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Network whose hosts may say for whom they forward; may be repeated.
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<String>,
    /// Listen without TLS where others can read along.
    #[arg(long)]
    allow_insecure_listen: bool,
    /// Refuse to start while migration steps are pending, instead of running them.
    #[arg(long)]
    no_migrate: bool,
}

impl StoreFlags {
    fn layer(&self) -> Result<Layer, Stop> {
        let mut layer = Layer::default();
        let flags = [
            ("--data-dir", "server.data_dir", &self.data_dir),
            ("--storage", "storage.engine", &self.storage),
            ("--database-url", "storage.database_url", &self.database_url),
            (
                "--master-key-file",
                "keys.master_key_file",
                &self.master_key_file,
            ),
            (
                "--database-key-file",
                "keys.database_key_file",
                &self.database_key_file,
            ),
        ];
        set(&mut layer, &flags)?;
        Ok(layer)
    }

    /// The configuration with these flags on top.
    pub(crate) fn effective(&self, source: Option<&PathBuf>) -> Result<Effective, Stop> {
        Settings::layers(
            source.map(PathBuf::as_path),
            Layer::default(),
            self.layer()?,
        )
    }
}

impl ServeFlags {
    /// The configuration with these flags on top, and `preset` right above the defaults.
    pub(crate) fn effective(
        &self,
        source: Option<&PathBuf>,
        preset: Layer,
    ) -> Result<Effective, Stop> {
        let mut layer = self.store.layer()?;
        let flags = [
            ("--auth-listen", "server.auth_listen", &self.auth_listen),
            ("--admin-listen", "server.admin_listen", &self.admin_listen),
            ("--public-url", "server.public_url", &self.public_url),
            ("--admin-url", "server.admin_url", &self.admin_url),
            ("--tls-cert", "tls.cert_file", &self.tls_cert),
            ("--tls-key", "tls.key_file", &self.tls_key),
        ];
        set(&mut layer, &flags)?;
        if !self.trusted_proxy.is_empty() {
            let networks = self.trusted_proxy.join(",");
            layer.flag("--trusted-proxy", "server.trusted_proxies", &networks)?;
        }
        if self.allow_insecure_listen {
            layer.flag(
                "--allow-insecure-listen",
                "server.allow_insecure_listen",
                "true",
            )?;
        }
        if self.no_migrate {
            layer.flag("--no-migrate", "storage.migrate", "false")?;
        }
        Settings::layers(source.map(PathBuf::as_path), preset, layer)
    }
}

fn set(layer: &mut Layer, flags: &[(&str, &str, &Option<String>)]) -> Result<(), Stop> {
    for (flag, key, value) in flags {
        if let Some(value) = value {
            layer.flag(flag, key, value)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        flags: ServeFlags,
    }

    #[test]
    fn every_flag_sets_the_option_that_it_is_named_for() {
        let cases: &[(&[&str], &str, &str)] = &[
            (&["--data-dir", "/d"], "server.data_dir", "/d"),
            (&["--storage", "memory"], "storage.engine", "memory"),
            (&["--master-key-file", "/m"], "keys.master_key_file", "/m"),
            (
                &["--database-key-file", "/k"],
                "keys.database_key_file",
                "/k",
            ),
            (
                &["--auth-listen", "[::1]:1"],
                "server.auth_listen",
                "[::1]:1",
            ),
            (
                &["--admin-listen", "[::1]:2"],
                "server.admin_listen",
                "[::1]:2",
            ),
            (
                &["--public-url", "https://a"],
                "server.public_url",
                "https://a",
            ),
            (
                &["--admin-url", "https://b"],
                "server.admin_url",
                "https://b",
            ),
            (&["--tls-cert", "/c"], "tls.cert_file", "/c"),
            (&["--tls-key", "/t"], "tls.key_file", "/t"),
            (
                &["--trusted-proxy", "10.0.0.1", "--trusted-proxy", "fd00::/8"],
                "server.trusted_proxies",
                "10.0.0.1,fd00::/8",
            ),
            (
                &["--allow-insecure-listen"],
                "server.allow_insecure_listen",
                "true",
            ),
            (&["--no-migrate"], "storage.migrate", "false"),
        ];
        for (arguments, key, value) in cases {
            let line = std::iter::once(&"gatelodge").chain(*arguments);
            let flags = Line::try_parse_from(line).unwrap().flags;
            let effective = flags.effective(None, Layer::default()).unwrap();
            assert_eq!(effective.shown(key), *value);
            assert!(effective.origin(key).contains(arguments[0]), "{key}");
        }
    }

    #[test]
    fn a_preset_lies_under_every_flag() {
        let mut preset = Layer::default();
        preset
            .flag("--demo", "server.data_dir", "./data/demo")
            .unwrap();
        let flags = ServeFlags::default();
        let shown = |flags: &ServeFlags, preset: &Layer| {
            let effective = flags.effective(None, preset.clone()).unwrap();
            effective.shown("server.data_dir")
        };
        assert_eq!(shown(&flags, &preset), "./data/demo");
        let flags = Line::try_parse_from(["gatelodge", "--data-dir", "/d"])
            .unwrap()
            .flags;
        assert_eq!(shown(&flags, &preset), "/d");
    }
}
