//! Table `revocations`.

use gatelodge_domain::revocation::RevokedThing;
use gatelodge_domain::{Revocation, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `revocations`.
    "revocations" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        thing: Vec<u8>,
        until: i64,
    }
}

impl Model {
    /// The row of an entry.
    pub(crate) fn of(revocation: &Revocation) -> Self {
        Self {
            realm: cell::bytes_of(revocation.realm),
            kind: revocation.thing.kind().to_owned(),
            thing: cell::bytes_of_bits(revocation.thing.bits()),
            until: revocation.until.as_millis(),
        }
    }

    /// The entry of this row.
    pub(crate) fn revocation(self) -> Result<Revocation, StoreError> {
        let thing = RevokedThing::from_parts(&self.kind, cell::bits(&self.thing)?);
        Ok(Revocation {
            realm: cell::id(&self.realm)?,
            thing: cell::known(thing, "kind of revocation")?,
            until: Timestamp::from_millis(self.until),
        })
    }
}
