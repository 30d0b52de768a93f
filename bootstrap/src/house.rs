//! Opening the house: from settings and parts to a foundation that everything stands on. Both
//! the server and the commands on the machine go through here.

use std::num::NonZeroUsize;
use std::sync::Arc;

use gatelodge_crypto::{
    Aes256MasterKey, Argon2Hasher, OpensslKeyFactory, OpensslRng, OpensslVault, SystemClock,
};
use gatelodge_mail::{FileMailer, SmtpMailer};
use gatelodge_passwords::{BlockList, ZxcvbnStrength};
use gatelodge_ports::{
    AuditSink, Clock, KeyFactory, Mailer, MasterKey, PasswordHasher, PasswordStrength, Rng, Store,
    Vault,
};
use gatelodge_store_memory::MemoryStore;
use gatelodge_store_sea_orm::{
    Migrate, Notifications, OpenError, PostgresOptions, SeaOrmStore, SqliteOptions,
};
use gatelodge_usecases::Foundation;
use gatelodge_usecases::foundation::Ports;
use gatelodge_usecases::realms::Issuers;
use gatelodge_usecases::setup::{OpenVault, is_new, seal_key};
use tokio::runtime::Handle;

use crate::builder::Parts;
use crate::data_folder::DataFolder;
use crate::jobs::Neighbours;
use crate::settings::{Engine, Mail, Settings};
use crate::stop::{Stop, chain};

/// The embedded database in the data folder.
pub(crate) const DATABASE: &str = "gatelodge.db";
/// The master key in the data folder.
pub(crate) const MASTER_KEY: &str = "master.key";

/// What a command wants of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// May bring the schema up to date; holds the folder's lock.
    Owner,
    /// Uses what is there, beside a running server.
    Guest,
}

/// Everything that is made before the first use case.
pub(crate) struct House {
    pub(crate) foundation: Arc<Foundation>,
    pub(crate) folder: DataFolder,
    /// Whether other nodes may serve from the same store; taken for granted of a store that an
    /// extender brings.
    pub(crate) neighbours: Neighbours,
    /// Where copies of the audit trail go besides the configured places.
    pub(crate) audit_sinks: Vec<Arc<dyn AuditSink>>,
}

/// Opens the store.
pub(crate) async fn open_store(
    settings: &Settings,
    parts: &Parts,
    folder: &DataFolder,
    access: Access,
) -> Result<Arc<dyn Store>, Stop> {
    if let Some(store) = &parts.store {
        return Ok(store.clone());
    }
    let migrate = if access == Access::Owner && settings.storage.migrate {
        Migrate::Run
    } else {
        Migrate::Refuse
    };
    match &settings.storage.engine {
        Engine::Memory => Ok(MemoryStore::new()),
        Engine::Sqlite { key } => {
            let path = folder.file(DATABASE);
            if access == Access::Guest && !path.exists() {
                return Err(Stop::failure(format!(
                    "there is no database at {}; `gatelodge serve` or `gatelodge init` makes one",
                    path.display()
                )));
            }
            // The engine would make it with whatever the umask leaves, and its journals after it.
            if access == Access::Owner {
                folder.touch_private(DATABASE)?;
            }
            let options = SqliteOptions {
                path,
                key: key.clone(),
                migrate,
            };
            let store = SeaOrmStore::open_sqlite(options).await;
            Ok(store.map_err(|error| unopened(&error))?)
        }
        Engine::Postgres {
            url,
            max_connections,
            notifications,
        } => {
            let options = PostgresOptions {
                url: url.clone(),
                migrate,
                max_connections: *max_connections,
                notifications: match (access, notifications) {
                    (Access::Owner, true) => Notifications::On,
                    // A command hears of nothing; the server finds its changes at the next poll.
                    (Access::Guest, _) | (_, false) => Notifications::Off,
                },
            };
            let store = SeaOrmStore::open_postgres(options).await;
            Ok(store.map_err(|error| unopened(&error))?)
        }
    }
}

fn unopened(error: &OpenError) -> Stop {
    let hint = match error {
        OpenError::MigrationsPending { .. } => "; `gatelodge migrate` runs them",
        _ => "",
    };
    Stop::failure(format!("{}{hint}", chain(error)))
}

/// Puts the foundation under a house whose store is open.
pub(crate) async fn found(
    settings: &Settings,
    parts: &Parts,
    folder: DataFolder,
    store: Arc<dyn Store>,
    issuers: Issuers,
) -> Result<House, Stop> {
    let clock: Arc<dyn Clock> = parts
        .clock
        .clone()
        .unwrap_or_else(|| Arc::new(SystemClock::new()));
    let rng: Arc<dyn Rng> = parts.rng.clone().unwrap_or_else(|| Arc::new(OpensslRng));
    let key_factory: Arc<dyn KeyFactory> = parts
        .key_factory
        .clone()
        .unwrap_or_else(|| Arc::new(OpensslKeyFactory));
    let hasher = match &parts.hasher {
        Some(hasher) => hasher.clone(),
        None => default_hasher(settings)?,
    };
    let strength = match &parts.strength {
        Some(strength) => strength.clone(),
        None => default_strength(settings)?,
    };
    let mailer = match &parts.mailer {
        Some(mailer) => Some(mailer.clone()),
        None => default_mailer(settings)?,
    };
    let master_key = match &parts.master_key {
        Some(key) => key.clone(),
        None => master_key(settings, &folder, &*store, &*rng).await?,
    };
    let open = OpenVault {
        store: &*store,
        master_key: &*master_key,
        rng: &*rng,
        clock: &*clock,
    };
    let keys = open
        .run()
        .await
        .map_err(|error| Stop::because("the store does not open", &error))?;
    let vault: Arc<dyn Vault> =
        Arc::new(OpensslVault::new(keys).map_err(|error| Stop::because("the data keys", &error))?);
    store.use_seal_key(seal_key(vault.clone()));
    let outside = Ports {
        store,
        clock,
        rng,
        vault,
        hasher,
        strength,
        mailer,
        key_factory,
    };
    let neighbours = match settings.storage.engine {
        Engine::Sqlite { .. } | Engine::Memory if parts.store.is_none() => Neighbours::None,
        _ => Neighbours::Possible,
    };
    let foundation = Foundation::new(outside, issuers);
    if neighbours == Neighbours::Possible {
        foundation.nodes.expect_others();
    }
    Ok(House {
        foundation,
        folder,
        neighbours,
        audit_sinks: parts.audit_sinks.clone(),
    })
}

fn default_hasher(settings: &Settings) -> Result<Arc<dyn PasswordHasher>, Stop> {
    let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = settings
        .hashing
        .threads
        .and_then(NonZeroUsize::new)
        .unwrap_or(processors);
    let hasher = Argon2Hasher::start(threads, settings.hashing.queue)
        .map_err(|error| Stop::because("the hashing threads do not start", &error))?;
    Ok(hasher)
}

/// Must run within the runtime that outlives every worker.
fn default_mailer(settings: &Settings) -> Result<Option<Arc<dyn Mailer>>, Stop> {
    match &settings.mail {
        Mail::None => Ok(None),
        Mail::Smtp(options) => {
            let mailer = SmtpMailer::new((**options).clone(), Handle::current())
                .map_err(|error| Stop::because("`[mail]` cannot be used", &error))?;
            Ok(Some(Arc::new(mailer)))
        }
        Mail::File { folder, sender } => {
            let mailer = FileMailer::new(folder, sender.clone())
                .map_err(|error| Stop::because("`mail.folder` cannot be made", &error))?;
            Ok(Some(Arc::new(mailer)))
        }
    }
}

fn default_strength(settings: &Settings) -> Result<Arc<dyn PasswordStrength>, Stop> {
    let list = match &settings.block_list_file {
        Some(path) => BlockList::read(path)
            .map_err(|error| Stop::usage(format!("`passwords.blocklist_file`: {error}")))?,
        None => BlockList::default(),
    };
    Ok(Arc::new(ZxcvbnStrength::new(list)))
}

/// The master key: given, or from the data folder. One is made only for a store that is new,
/// because another key would open nothing of an old one.
async fn master_key(
    settings: &Settings,
    folder: &DataFolder,
    store: &dyn Store,
    rng: &dyn Rng,
) -> Result<Arc<dyn MasterKey>, Stop> {
    if let Some(text) = &settings.master_key {
        return parse_master_key(text.expose(), "the configured master key");
    }
    let place = folder.file(MASTER_KEY);
    let place = place.display();
    if let Some(text) = folder.read(MASTER_KEY)? {
        return parse_master_key(&text, &format!("the master key in {place}"));
    }
    let new = is_new(store)
        .await
        .map_err(|error| Stop::because("the store does not answer", &error))?;
    if !new {
        return Err(Stop::failure(format!(
            "the store was made with a master key, and there is none at {place}; put the file \
             back, or give the key with --master-key-file"
        )));
    }
    let key = Aes256MasterKey::generate(rng);
    folder.write_private(MASTER_KEY, key.to_text().expose())?;
    Ok(Arc::new(key))
}

fn parse_master_key(text: &str, what: &str) -> Result<Arc<dyn MasterKey>, Stop> {
    let key = Aes256MasterKey::parse(text)
        .map_err(|error| Stop::usage(format!("{what} is none: {error}")))?;
    Ok(Arc::new(key))
}
