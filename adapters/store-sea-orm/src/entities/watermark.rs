//! Table `watermarks`.

use gatelodge_domain::revocation::WatermarkOwner;
use gatelodge_domain::{Timestamp, Watermark};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `watermarks`.
    "watermarks" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        owner_kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        owner: Vec<u8>,
        not_before: i64,
    }
}

impl Model {
    /// The row of a watermark.
    pub(crate) fn of(watermark: &Watermark) -> Self {
        Self {
            realm: cell::bytes_of(watermark.realm),
            owner_kind: watermark.owner.kind().to_owned(),
            owner: cell::bytes_of_bits(watermark.owner.bits()),
            not_before: watermark.not_before.as_millis(),
        }
    }

    /// The watermark of this row.
    pub(crate) fn watermark(self) -> Result<Watermark, StoreError> {
        let owner = WatermarkOwner::from_parts(&self.owner_kind, cell::bits(&self.owner)?);
        Ok(Watermark {
            realm: cell::id(&self.realm)?,
            owner: cell::known(owner, "kind of watermark")?,
            not_before: Timestamp::from_millis(self.not_before),
        })
    }
}
