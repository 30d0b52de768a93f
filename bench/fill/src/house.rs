//! Opens the store of a stopped server, as the server does, and what stands on it.

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatelodge_crypto::{
    Aes256MasterKey, Argon2Hasher, OpensslKeyFactory, OpensslRng, OpensslVault, SystemClock,
};
use gatelodge_domain::{Realm, RealmSlug, SecretBytes, Timestamp};
use gatelodge_passwords::ZxcvbnStrength;
use gatelodge_ports::{Store, Vault};
use gatelodge_store_sea_orm::{Migrate, SeaOrmStore, SqliteOptions};
use gatelodge_usecases::Foundation;
use gatelodge_usecases::foundation::Ports;
use gatelodge_usecases::realms::Issuers;
use gatelodge_usecases::setup::{OpenVault, seal_key, stored_issuers};

use crate::Failed;

const DATABASE: &str = "gatelodge.db";
const MASTER_KEY: &str = "master.key";
const LOCK: &str = "gatelodge.lock";

/// A house without its server. Nobody else can use the folder meanwhile.
pub struct FilledHouse {
    /// What every use case stands on.
    pub foundation: Arc<Foundation>,
    _lock: File,
}

/// Where rows go, and the moment from which they are dated back.
pub(crate) struct Ground {
    pub(crate) foundation: Arc<Foundation>,
    pub(crate) realm: Realm,
    pub(crate) now: Timestamp,
}

impl FilledHouse {
    /// Opens the SQLite database of a data folder under that raw key; fails where a server has
    /// the folder or has never been started on it.
    pub async fn open(data_dir: &Path, database_key: Option<SecretBytes>) -> Result<Self, Failed> {
        let lock = File::options()
            .write(true)
            .open(data_dir.join(LOCK))
            .map_err(|error| format!("{}: no server's folder: {error}", data_dir.display()))?;
        lock.try_lock()
            .map_err(|_| format!("{} is in use; stop its server", data_dir.display()))?;
        let store: Arc<dyn Store> = SeaOrmStore::open_sqlite(SqliteOptions {
            path: data_dir.join(DATABASE),
            key: database_key,
            migrate: Migrate::Run,
        })
        .await?;
        let master_key = Aes256MasterKey::parse(&fs::read_to_string(data_dir.join(MASTER_KEY))?)?;
        let (clock, rng) = (Arc::new(SystemClock::new()), Arc::new(OpensslRng));
        let keys = OpenVault {
            store: &*store,
            master_key: &master_key,
            rng: &*rng,
            clock: &*clock,
        };
        let vault: Arc<dyn Vault> = Arc::new(OpensslVault::new(keys.run().await?)?);
        store.use_seal_key(seal_key(vault.clone()));
        let (public, admin) = stored_issuers(&*store)
            .await?
            .ok_or("the store is empty; start its server once")?;
        let outside = Ports {
            store,
            clock,
            rng,
            vault,
            hasher: Argon2Hasher::start(NonZeroUsize::MIN, 1)?,
            strength: Arc::new(ZxcvbnStrength::default()),
            mailer: None,
            key_factory: Arc::new(OpensslKeyFactory),
        };
        Ok(Self {
            foundation: Foundation::new(outside, Issuers::new(&public, &admin)?),
            _lock: lock,
        })
    }

    /// Makes everything durable, moves the log into the file and closes.
    pub async fn close(self) -> Result<(), Failed> {
        Ok(self.foundation.store.close().await?)
    }

    pub(crate) async fn ground(&self) -> Result<Ground, Failed> {
        let mut view = self.foundation.store.read().await?;
        let slug = RealmSlug::default_realm();
        let realm = view.realms().find_by_slug(&slug).await?;
        Ok(Ground {
            foundation: self.foundation.clone(),
            realm: realm.ok_or("there is no default realm; start the server once")?,
            now: self.foundation.clock.now(),
        })
    }
}

impl Ground {
    /// The moment of row `number` of `all`, which are spread evenly over the time before now.
    pub(crate) fn moment(&self, number: u64, all: u64, over: Duration) -> Timestamp {
        let span = over.as_millis() / u128::from(all.max(1));
        let before = u128::from(all.saturating_sub(number)) * span;
        let before = u64::try_from(before).unwrap_or(u64::MAX);
        self.now.minus(Duration::from_millis(before))
    }
}
