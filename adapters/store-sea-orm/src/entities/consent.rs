//! Table `consents`.

use gatelodge_domain::{Consent, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `consents`.
    "consents" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        user_id: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        client: Vec<u8>,
        scopes: String,
        created_at: i64,
        updated_at: i64,
    }
}

impl Model {
    /// The row of a consent.
    pub(crate) fn of(consent: &Consent) -> Self {
        Self {
            realm: cell::bytes_of(consent.realm),
            user_id: cell::bytes_of(consent.user),
            client: cell::bytes_of(consent.client),
            scopes: consent.scopes.to_string(),
            created_at: consent.created_at.as_millis(),
            updated_at: consent.updated_at.as_millis(),
        }
    }

    /// The consent of this row.
    pub(crate) fn consent(self) -> Result<Consent, StoreError> {
        Ok(Consent {
            realm: cell::id(&self.realm)?,
            user: cell::id(&self.user_id)?,
            client: cell::id(&self.client)?,
            scopes: cell::scopes(&self.scopes)?,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }
}
