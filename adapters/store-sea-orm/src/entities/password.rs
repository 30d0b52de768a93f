//! Table `passwords`.

use gatelodge_domain::{PasswordCredential, PasswordHash, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `passwords`.
    "passwords" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        user_id: Vec<u8>,
        hash: String,
        changed_at: i64,
        revision: i64,
    }
}

impl Model {
    /// The row of a password.
    pub(crate) fn of(credential: &PasswordCredential) -> Self {
        Self {
            realm: cell::bytes_of(credential.realm),
            user_id: cell::bytes_of(credential.user),
            hash: credential.hash.as_phc().to_owned(),
            changed_at: credential.changed_at.as_millis(),
            revision: i64::from(credential.revision.0),
        }
    }

    /// The password of this row.
    pub(crate) fn credential(self) -> Result<PasswordCredential, StoreError> {
        Ok(PasswordCredential {
            realm: cell::id(&self.realm)?,
            user: cell::id(&self.user_id)?,
            hash: PasswordHash::from_phc(self.hash),
            changed_at: Timestamp::from_millis(self.changed_at),
            revision: cell::revision(self.revision)?,
        })
    }
}
