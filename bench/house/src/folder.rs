//! Data folders: made by the server itself, then filled.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gatelodge_bench_fill::{Filled, FilledHouse, Plan, Terminal, fill};
use gatelodge_domain::SecretBytes;
use gatelodge_testkit::free_port;

use crate::Failed;

/// The administrator of every folder.
pub(crate) const ADMINISTRATOR: &str = "admin";
/// Their password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Every byte of the key of encrypted databases; nothing of value is under it.
const KEY: u8 = 0x5a;
const KEY_LENGTH: usize = 32;

/// Whether the database is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// It is not.
    Plain,
    /// By `SQLCipher`.
    SqlCipher,
}

/// A server's data folder and its ports, which belong together: the store knows its issuers.
pub(crate) struct Folder {
    server: PathBuf,
    /// The folder.
    pub(crate) data_dir: PathBuf,
    encryption: Encryption,
    /// The auth port.
    pub(crate) auth: SocketAddr,
    /// The admin port.
    pub(crate) admin: SocketAddr,
}

impl Folder {
    /// A folder that does not exist yet.
    pub(crate) fn new(server: &Path, data_dir: PathBuf, encryption: Encryption) -> Self {
        let local = || SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        Self {
            server: server.to_owned(),
            data_dir,
            encryption,
            auth: local(),
            admin: local(),
        }
    }

    /// A folder that [`Self::make`] has filled at an earlier time, on the ports of that time.
    pub(crate) fn reopened(server: &Path, data_dir: PathBuf) -> Result<(Self, Filled), Failed> {
        let facts: Filled = serde_json::from_slice(&fs::read(data_dir.join(FACTS))?)?;
        let ports = fs::read_to_string(data_dir.join(PORTS))?;
        let (auth, admin) = ports.split_once(' ').ok_or("the ports are not known")?;
        let folder = Self {
            server: server.to_owned(),
            data_dir,
            encryption: Encryption::Plain,
            auth: auth.parse()?,
            admin: admin.parse()?,
        };
        Ok((folder, facts))
    }

    /// Has the server make it, with an administrator, and fills it.
    pub(crate) fn make(&self, plan: &Plan) -> Result<Filled, Failed> {
        let made = self
            .command("init")
            .args(["--admin-username", ADMINISTRATOR])
            .env("GATELODGE_ADMIN_PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()?;
        if !made.success() {
            return Err(format!("`gatelodge init`: {made}").into());
        }
        let facts =
            self.with_house(async |house| fill(house, plan, &mut Terminal::default()).await)?;
        fs::write(
            self.data_dir.join(PORTS),
            format!("{} {}", self.auth, self.admin),
        )?;
        fs::write(self.data_dir.join(FACTS), serde_json::to_vec(&facts)?)?;
        Ok(facts)
    }

    /// Does something with the store while no server runs.
    pub(crate) fn with_house<T>(
        &self,
        work: impl AsyncFnOnce(&FilledHouse) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let house = FilledHouse::open(&self.data_dir, self.key()).await?;
            let done = work(&house).await;
            house.close().await?;
            done
        })
    }

    /// The key of its database, as hexadecimal digits.
    pub(crate) fn key_digits(&self) -> Option<String> {
        (self.encryption == Encryption::SqlCipher).then(|| format!("{KEY:02x}").repeat(KEY_LENGTH))
    }

    fn key(&self) -> Option<SecretBytes> {
        (self.encryption == Encryption::SqlCipher).then(|| SecretBytes::new(vec![KEY; KEY_LENGTH]))
    }

    /// A command of the server's binary on this folder.
    pub(crate) fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.server);
        command
            .arg(verb)
            .arg("--data-dir")
            .arg(&self.data_dir)
            .args(["--auth-listen", &self.auth.to_string()])
            .args(["--admin-listen", &self.admin.to_string()])
            // One administrator asks for thousands of pages.
            .env("GATELODGE__LIMITS__ADMIN_REQUESTS_PER_MINUTE", "1000000");
        if let Some(digits) = self.key_digits() {
            command.env("GATELODGE__KEYS__DATABASE_KEY", digits);
        }
        command
    }
}

const FACTS: &str = "fill.json";
const PORTS: &str = "bench-ports";
