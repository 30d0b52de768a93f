//! Table `data_keys`.

use gatelodge_domain::Timestamp;
use gatelodge_ports::StoreError;
use gatelodge_ports::store::WrappedDataKey;
use gatelodge_ports::vault::DataKeyPurpose;

use super::cell;

table! {
    /// A row of `data_keys`.
    "data_keys" {
        #[sea_orm(primary_key, auto_increment = false)]
        purpose: String,
        #[sea_orm(primary_key, auto_increment = false)]
        version: i64,
        wrapped: Vec<u8>,
        created_at: i64,
    }
}

impl Model {
    /// The row of a data key.
    pub(crate) fn of(key: &WrappedDataKey) -> Self {
        Self {
            purpose: key.purpose.as_str().to_owned(),
            version: i64::from(key.version),
            wrapped: key.wrapped.clone(),
            created_at: key.created_at.as_millis(),
        }
    }

    /// The data key of this row.
    pub(crate) fn data_key(self) -> Result<WrappedDataKey, StoreError> {
        Ok(WrappedDataKey {
            purpose: cell::known(
                DataKeyPurpose::parse(&self.purpose),
                "purpose of a data key",
            )?,
            version: cell::number(self.version)?,
            wrapped: self.wrapped,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}
