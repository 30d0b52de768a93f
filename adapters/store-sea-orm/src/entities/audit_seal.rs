//! Table `audit_seals`.

use gatelodge_domain::Seal;
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `audit_seals`.
    "audit_seals" {
        #[sea_orm(primary_key, auto_increment = false)]
        number: i64,
        first_position: i64,
        last_position: i64,
        event_count: i64,
        root: Vec<u8>,
        previous: Vec<u8>,
        mac: Vec<u8>,
    }
}

impl Model {
    /// The seal of this row.
    pub(crate) fn seal(self) -> Result<Seal, StoreError> {
        Ok(Seal {
            number: cell::number(self.number)?,
            first: cell::number(self.first_position)?,
            last: cell::number(self.last_position)?,
            count: cell::number(self.event_count)?,
            root: cell::digest(&self.root)?,
            previous: cell::digest(&self.previous)?,
            mac: cell::digest(&self.mac)?,
        })
    }
}
