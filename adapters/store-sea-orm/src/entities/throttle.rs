//! Table `throttles`.

use gatelodge_domain::Timestamp;
use gatelodge_domain::throttle::{Throttle, ThrottleKind};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `throttles`.
    "throttles" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        kind: String,
        digest: Vec<u8>,
        user_id: Option<Vec<u8>>,
        label: Vec<u8>,
        failures: i64,
        blocked_until: i64,
        created_at: i64,
        last_failed_at: i64,
        expires_at: i64,
    }
}

impl Model {
    /// The row of a count.
    pub(crate) fn of(throttle: &Throttle) -> Self {
        Self {
            realm: cell::bytes_of(throttle.realm),
            id: cell::bytes_of(throttle.id),
            kind: throttle.kind.as_str().to_owned(),
            digest: throttle.digest.as_bytes().to_vec(),
            user_id: throttle.user.map(cell::bytes_of),
            label: throttle.label.clone(),
            failures: i64::from(throttle.failures),
            blocked_until: throttle.blocked_until.as_millis(),
            created_at: throttle.created_at.as_millis(),
            last_failed_at: throttle.last_failed_at.as_millis(),
            expires_at: throttle.expires_at.as_millis(),
        }
    }

    /// The count of this row.
    pub(crate) fn throttle(self) -> Result<Throttle, StoreError> {
        Ok(Throttle {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            kind: cell::known(ThrottleKind::parse(&self.kind), "kind of throttle")?,
            digest: cell::digest(&self.digest)?,
            user: cell::id_or_none(self.user_id.as_deref())?,
            label: self.label,
            failures: cell::number(self.failures)?,
            blocked_until: Timestamp::from_millis(self.blocked_until),
            created_at: Timestamp::from_millis(self.created_at),
            last_failed_at: Timestamp::from_millis(self.last_failed_at),
            expires_at: Timestamp::from_millis(self.expires_at),
        })
    }
}
