//! Table `recovery_codes`.

use gatelodge_domain::Timestamp;
use gatelodge_domain::factor::recovery_codes::StoredRecoveryCode;
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `recovery_codes`.
    "recovery_codes" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        user_id: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        digest: Vec<u8>,
        created_at: i64,
        used_at: Option<i64>,
    }
}

impl Model {
    /// The row of a code.
    pub(crate) fn of(code: &StoredRecoveryCode) -> Self {
        Self {
            realm: cell::bytes_of(code.realm),
            user_id: cell::bytes_of(code.user),
            digest: code.digest.as_bytes().to_vec(),
            created_at: code.created_at.as_millis(),
            used_at: code.used_at.map(Timestamp::as_millis),
        }
    }

    /// The code of this row.
    pub(crate) fn code(self) -> Result<StoredRecoveryCode, StoreError> {
        Ok(StoredRecoveryCode {
            realm: cell::id(&self.realm)?,
            user: cell::id(&self.user_id)?,
            digest: cell::digest(&self.digest)?,
            created_at: Timestamp::from_millis(self.created_at),
            used_at: cell::moment_or_none(self.used_at),
        })
    }
}
