//! Table `realm_documents`.

use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::{RealmDocument, Revision, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `realm_documents`.
    "realm_documents" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        name: String,
        body: String,
        revision: i64,
        updated_at: i64,
    }
}

impl Model {
    /// The row of a document at that revision.
    pub(crate) fn of(document: &RealmDocument, revision: Revision) -> Self {
        Self {
            realm: cell::bytes_of(document.realm),
            kind: document.kind.as_str().to_owned(),
            name: document.name.clone(),
            body: document.body.clone(),
            revision: i64::from(revision.0),
            updated_at: document.updated_at.as_millis(),
        }
    }

    /// The document of this row.
    pub(crate) fn document(self) -> Result<RealmDocument, StoreError> {
        Ok(RealmDocument {
            realm: cell::id(&self.realm)?,
            kind: cell::known(DocumentKind::parse(&self.kind), "kind of document")?,
            name: self.name,
            body: self.body,
            revision: cell::revision(self.revision)?,
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }
}
