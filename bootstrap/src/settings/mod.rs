//! Configuration of the process: built-in defaults, `gatelodge.toml`, environment variables,
//! flags; later wins. An unknown key in any of them is an error that names the nearest known
//! one. What belongs to a realm or a client is not here but in the database.

mod audit;
mod layers;
mod listing;
mod mail;
mod operations;
mod options;
mod read;
mod reference;
mod telemetry;

use core::time::Duration;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gatelodge_domain::{SecretBytes, SecretText};
use gatelodge_http::gate::Gate;
use gatelodge_http::network::Network;

pub(crate) use audit::Audit;
pub(crate) use layers::{Effective, Layer};
pub(crate) use listing::listing;
pub(crate) use mail::Mail;
pub(crate) use operations::{Metrics, Site};
pub use reference::reference;
pub(crate) use telemetry::Telemetry;

use crate::stop::Stop;
use read::Reader;

/// The file that is read where none is named.
const FILE: &str = "gatelodge.toml";

/// Everything that belongs to the process.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Folder of database, master key and lock file.
    pub(crate) data_dir: PathBuf,
    /// Ports and URLs.
    pub(crate) server: Server,
    /// Certificate of both ports; plain HTTP without.
    pub(crate) tls: Option<Tls>,
    /// Where everything durable lives.
    pub(crate) storage: Storage,
    /// The master key, where it was given.
    pub(crate) master_key: Option<SecretText>,
    /// What a request and a connection may cost.
    pub(crate) limits: Limits,
    /// Password hashing.
    pub(crate) hashing: Hashing,
    /// File of passwords that nobody may choose.
    pub(crate) block_list_file: Option<PathBuf>,
    /// Further languages of the pages.
    pub(crate) messages_dir: Option<PathBuf>,
    /// How mail leaves.
    pub(crate) mail: Mail,
    /// The audit trail.
    pub(crate) audit: Audit,
    /// How often what has expired is removed.
    pub(crate) sweep_period: Duration,
    /// Who may see the figures.
    pub(crate) metrics: Metrics,
    /// Where traces go.
    pub(crate) telemetry: Telemetry,
    /// From where the admin port may be used.
    pub(crate) admin_gate: Gate,
    /// Own files.
    pub(crate) site: Option<Site>,
    /// The log.
    pub(crate) log: Log,
}

/// Ports and URLs.
#[derive(Debug)]
pub(crate) struct Server {
    /// Address of the auth port.
    pub(crate) auth_listen: SocketAddr,
    /// Address of the admin port.
    pub(crate) admin_listen: SocketAddr,
    /// The default realm's issuer, where it was given.
    pub(crate) public_url: Option<String>,
    /// The issuer of `system`, where it was given.
    pub(crate) admin_url: Option<String>,
    /// Who may say for whom they forward.
    pub(crate) trusted_proxies: Vec<Network>,
    /// Whether plain HTTP may leave the machine.
    pub(crate) allow_insecure_listen: bool,
    /// Whether the API documents are served.
    pub(crate) api_docs: bool,
    /// Worker threads per port; one for each processor without.
    pub(crate) workers: Option<usize>,
}

/// A certificate and its key, as files in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    /// The chain, leaf first.
    pub(crate) cert_file: PathBuf,
    /// The private key.
    pub(crate) key_file: PathBuf,
}

/// Where everything durable lives.
#[derive(Debug)]
pub(crate) struct Storage {
    /// Which engine.
    pub(crate) engine: Engine,
    /// Whether pending migration steps are run.
    pub(crate) migrate: bool,
}

/// A storage engine.
#[derive(Debug)]
pub(crate) enum Engine {
    /// A file in the data folder, encrypted where a key (32 bytes) is given.
    Sqlite {
        /// The key.
        key: Option<SecretBytes>,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Its URL, which may hold a password.
        url: SecretText,
        /// Most connections at a time.
        max_connections: u32,
        /// Whether nodes wake each other.
        notifications: bool,
    },
    /// Memory, gone with the process.
    Memory,
}

/// What a request and a connection may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Largest body, bytes.
    pub(crate) body: usize,
    /// Largest sum of header names and values, bytes.
    pub(crate) headers: usize,
    /// Longest path and query, bytes.
    pub(crate) uri: usize,
    /// Most connections per worker and port.
    pub(crate) connections: usize,
    /// Longest time to receive a head.
    pub(crate) head: Duration,
    /// Longest time to answer a request.
    pub(crate) request: Duration,
    /// Longest time to receive a body.
    pub(crate) body_time: Duration,
    /// Most requests worked on at a time, per port.
    pub(crate) in_flight: usize,
    pub(crate) admin_requests: u32,
    /// Longest time to wait at the door, and for a turn at the database.
    pub(crate) wait: Duration,
    /// Longest time that sent bytes may stay unacknowledged or unread.
    pub(crate) stalled: Duration,
    /// How long an idle connection is kept.
    pub(crate) keep_alive: Duration,
    /// How long to serve on after being told to stop.
    pub(crate) drain: Duration,
    /// How long requests in flight may take when the server stops.
    pub(crate) shutdown: Duration,
}

/// Password hashing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashing {
    /// Threads; one for each processor without.
    pub(crate) threads: Option<usize>,
    /// How many hashes may wait.
    pub(crate) queue: usize,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    /// For people or for machines.
    pub(crate) format: LogFormat,
    /// A level, or a list of `target=level`.
    pub(crate) level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Adds up all layers: the defaults and what a command presets over them, the file at
    /// `path` (or `gatelodge.toml` in the working folder if there is one), the process's
    /// environment, and what flags say.
    pub(crate) fn layers(
        path: Option<&Path>,
        preset: Layer,
        flags: Layer,
    ) -> Result<Effective, Stop> {
        let mut layers = vec![Layer::defaults()?, preset];
        match path {
            Some(path) => layers.push(Layer::file(path)?),
            None if Path::new(FILE).exists() => layers.push(Layer::file(Path::new(FILE))?),
            None => {}
        }
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        layers.push(Layer::environment(variables)?);
        layers.push(flags);
        Effective::of(layers)
    }

    /// Reads every value.
    pub(crate) fn read(effective: &Effective) -> Result<Self, Stop> {
        Self::with_engine(effective, engine(Reader(effective))?)
    }

    /// Reads every value but the storage engine's, for a command that is told on its command
    /// line which databases to use; and the key of the embedded one.
    pub(crate) fn read_keys(effective: &Effective) -> Result<(Self, Option<SecretBytes>), Stop> {
        let read = Reader(effective);
        let key = read.secret("keys.database_key")?;
        let key = key.map(|key| database_key(read, &key)).transpose()?;
        Ok((Self::with_engine(effective, Engine::Memory)?, key))
    }

    fn with_engine(effective: &Effective, engine: Engine) -> Result<Self, Stop> {
        let read = Reader(effective);
        let data_dir = read
            .path("server.data_dir")
            .ok_or_else(|| read.refuse("server.data_dir", &"it is empty"))?;
        Ok(Self {
            data_dir,
            server: server(read)?,
            tls: tls(read)?,
            storage: Storage {
                engine,
                migrate: read.switch("storage.migrate")?,
            },
            master_key: read.secret("keys.master_key")?,
            limits: limits(read)?,
            hashing: Hashing {
                threads: positive(read.whole("hashing.threads")?),
                queue: read.whole("hashing.queue")? as usize,
            },
            block_list_file: read.path("passwords.blocklist_file"),
            messages_dir: read.path("pages.messages_dir"),
            mail: mail::mail(read)?,
            audit: audit::audit(read)?,
            sweep_period: Duration::from_secs(u64::from(
                read.whole("housekeeping.period_seconds")?,
            )),
            metrics: operations::metrics(read)?,
            telemetry: telemetry::telemetry(read)?,
            admin_gate: operations::admin_gate(read)?,
            site: operations::site(read),
            log: log(read)?,
        })
    }
}

fn server(read: Reader<'_>) -> Result<Server, Stop> {
    Ok(Server {
        auth_listen: read.address("server.auth_listen")?,
        admin_listen: read.address("server.admin_listen")?,
        public_url: read.optional("server.public_url"),
        admin_url: read.optional("server.admin_url"),
        trusted_proxies: read.networks("server.trusted_proxies")?,
        allow_insecure_listen: read.switch("server.allow_insecure_listen")?,
        api_docs: read.switch("server.api_docs")?,
        workers: positive(read.whole("server.workers")?),
    })
}

fn tls(read: Reader<'_>) -> Result<Option<Tls>, Stop> {
    let (cert, key) = ("tls.cert_file", "tls.key_file");
    match (read.path(cert), read.path(key)) {
        (None, None) => Ok(None),
        (Some(cert_file), Some(key_file)) => Ok(Some(Tls {
            cert_file,
            key_file,
        })),
        (Some(_), None) => Err(read.refuse(cert, &format!("`{key}` is missing"))),
        (None, Some(_)) => Err(read.refuse(key, &format!("`{cert}` is missing"))),
    }
}

fn engine(read: Reader<'_>) -> Result<Engine, Stop> {
    let name = read.word("storage.engine")?;
    let url = read.secret("storage.database_url")?;
    let key = read.secret("keys.database_key")?;
    let only_for = |what: &str| format!("the engine is `{name}`, and this is for `{what}`");
    if url.is_some() && name != "postgres" {
        return Err(read.refuse("storage.database_url", &only_for("postgres")));
    }
    if key.is_some() && name != "sqlite" {
        return Err(read.refuse("keys.database_key", &only_for("sqlite")));
    }
    match (name.as_str(), url) {
        ("memory", _) => Ok(Engine::Memory),
        ("postgres", Some(url)) => Ok(Engine::Postgres {
            url,
            max_connections: read.whole("storage.max_connections")?,
            notifications: read.switch("storage.notifications")?,
        }),
        ("postgres", None) => {
            Err(read.refuse("storage.engine", &"`storage.database_url` is missing"))
        }
        _ => Ok(Engine::Sqlite {
            key: key.map(|key| database_key(read, &key)).transpose()?,
        }),
    }
}

/// 64 hexadecimal digits. A passphrase is refused: turning it into a key costs a third of a
/// second for each connection.
fn database_key(read: Reader<'_>, text: &SecretText) -> Result<SecretBytes, Stop> {
    let digits = text.expose().as_bytes();
    let byte = |pair: &[u8]| {
        let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
        u8::try_from(digit(0)? << 4 | digit(1)?).ok()
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    bytes
        .filter(|bytes| bytes.len() == 32)
        .map(SecretBytes::new)
        .ok_or_else(|| {
            let why = "a database key is 64 hexadecimal digits; `openssl rand -hex 32` makes one";
            read.refuse_secret("keys.database_key", &why)
        })
}

fn limits(read: Reader<'_>) -> Result<Limits, Stop> {
    let size = |key| read.whole(key).map(|number| number as usize);
    let seconds = |key| {
        read.whole(key)
            .map(|number| Duration::from_secs(u64::from(number)))
    };
    Ok(Limits {
        body: size("limits.body_bytes")?,
        headers: size("limits.header_bytes")?,
        uri: size("limits.uri_bytes")?,
        connections: size("limits.connections")?,
        head: seconds("limits.head_seconds")?,
        request: seconds("limits.request_seconds")?,
        body_time: seconds("limits.body_seconds")?,
        in_flight: size("limits.in_flight")?,
        admin_requests: read.whole("limits.admin_requests_per_minute")?,
        wait: Duration::from_millis(u64::from(read.whole("limits.wait_milliseconds")?)),
        stalled: seconds("limits.stalled_seconds")?,
        keep_alive: seconds("limits.keep_alive_seconds")?,
        drain: seconds("limits.drain_seconds")?,
        shutdown: seconds("limits.shutdown_seconds")?,
    })
}

fn log(read: Reader<'_>) -> Result<Log, Stop> {
    let format = match read.word("log.format")?.as_str() {
        "json" => LogFormat::Json,
        _ => LogFormat::Text,
    };
    let level = read.text("log.level");
    if crate::log::filter(&level).is_none() {
        let why = "it is neither a level nor a list of `target=level`";
        return Err(read.refuse("log.level", &why));
    }
    Ok(Log { format, level })
}

fn positive(number: u32) -> Option<usize> {
    (number > 0).then_some(number as usize)
}

#[cfg(test)]
mod tests;
