//! Table `password_history`: hashes of passwords that were replaced, by the revision that the
//! credential had.

use gatelodge_domain::PasswordCredential;

use super::cell;

table! {
    /// A row of `password_history`.
    "password_history" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        user_id: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        revision: i64,
        hash: String,
        changed_at: i64,
    }
}

impl Model {
    /// The row of a password that is about to be replaced.
    pub(crate) fn of(credential: &PasswordCredential) -> Self {
        Self {
            realm: cell::bytes_of(credential.realm),
            user_id: cell::bytes_of(credential.user),
            revision: i64::from(credential.revision.0),
            hash: credential.hash.as_phc().to_owned(),
            changed_at: credential.changed_at.as_millis(),
        }
    }
}
