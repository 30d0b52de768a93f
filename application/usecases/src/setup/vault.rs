//! Data keys: read and unwrapped at each start, made at the first.
//!
//! The store holds a value that tells its master key from another, so a wrong key is one clear
//! error and not a row that does not open some hours later.

use std::sync::Arc;

use gatelodge_domain::SecretBytes;
use gatelodge_domain::audit::SealBody;
use gatelodge_ports::store::{SealKey, WrappedDataKey};
use gatelodge_ports::vault::DataKeyPurpose;
use gatelodge_ports::{Clock, MasterKey, Rng, Store, StoreError, Vault, VaultError};

/// The fact that holds the master key's check value.
pub const MASTER_KEY_CHECK: &str = "master_key_check";

/// A data key: purpose, version and 32 bytes.
pub type OpenedDataKey = (DataKeyPurpose, u32, SecretBytes);

/// Why the data keys are closed.
#[derive(Debug, thiserror::Error)]
pub enum OpenVaultError {
    /// Another master key than the one that the store was made with.
    #[error("the master key is not the one that this store was made with")]
    WrongMasterKey,
    /// The check value fits, and a key does not open.
    #[error("the data key `{0}` does not open; the store is damaged")]
    Damaged(String),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the data keys of a store.
pub struct OpenVault<'a> {
    /// Where they are.
    pub store: &'a dyn Store,
    /// What wraps them.
    pub master_key: &'a dyn MasterKey,
    /// Makes new ones.
    pub rng: &'a dyn Rng,
    /// When they are made.
    pub clock: &'a dyn Clock,
}

/// Whether the store has never been used: only then may a master key be made for it.
pub async fn is_new(store: &dyn Store) -> Result<bool, StoreError> {
    let mut view = store.read().await?;
    Ok(view.system().find(MASTER_KEY_CHECK).await?.is_none())
}

impl OpenVault<'_> {
    /// The data keys, at least one for every purpose. Makes those that are missing.
    pub async fn run(&self) -> Result<Vec<OpenedDataKey>, OpenVaultError> {
        let mut view = self.store.read().await?;
        let check = view.system().find(MASTER_KEY_CHECK).await?;
        let wrapped = view.data_keys().list().await?;
        drop(view);
        let expected = self.master_key.check_value();
        if let Some(check) = &check
            && check.as_slice() != expected.as_bytes()
        {
            return Err(OpenVaultError::WrongMasterKey);
        }
        let mut opened = Vec::with_capacity(DataKeyPurpose::ALL.len());
        for key in &wrapped {
            opened.push((key.purpose, key.version, self.unwrap(key)?));
        }
        let missing: Vec<DataKeyPurpose> = DataKeyPurpose::ALL
            .into_iter()
            .filter(|purpose| wrapped.iter().all(|key| key.purpose != *purpose))
            .collect();
        if check.is_none() || !missing.is_empty() {
            self.make(&missing, check.is_none(), &mut opened).await?;
        }
        Ok(opened)
    }

    async fn make(
        &self,
        missing: &[DataKeyPurpose],
        is_new: bool,
        opened: &mut Vec<OpenedDataKey>,
    ) -> Result<(), OpenVaultError> {
        let now = self.clock.now();
        let mut unit = self.store.write().await?;
        if is_new {
            let check = self.master_key.check_value();
            unit.system()
                .insert(MASTER_KEY_CHECK, check.as_bytes())
                .await?;
        }
        for purpose in missing {
            let plain = SecretBytes::new(self.rng.bytes::<32>().to_vec());
            let label = label(*purpose, 1);
            let wrapped = self
                .master_key
                .wrap(&label, &plain)
                .map_err(|_| OpenVaultError::Damaged(label))?;
            let key = WrappedDataKey {
                purpose: *purpose,
                version: 1,
                wrapped,
                created_at: now,
            };
            unit.data_keys().insert(&key).await?;
            opened.push((*purpose, 1, plain));
        }
        Ok(unit.commit().await?)
    }

    fn unwrap(&self, key: &WrappedDataKey) -> Result<SecretBytes, OpenVaultError> {
        let label = label(key.purpose, key.version);
        self.master_key
            .unwrap_key(&label, &key.wrapped)
            .map_err(|error| match error {
                VaultError::DoesNotOpen | VaultError::Failed(_) => OpenVaultError::Damaged(label),
            })
    }
}

fn label(purpose: DataKeyPurpose, version: u32) -> String {
    format!("{}|{version}", purpose.as_str())
}

/// The MAC of audit seals, for the store that writes them and for whoever verifies them.
pub fn seal_key(vault: Arc<dyn Vault>) -> SealKey {
    Arc::new(move |body: &SealBody| vault.mac(DataKeyPurpose::Audit, &[b"seal", &body.to_bytes()]))
}
