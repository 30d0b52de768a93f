//! Documents of a realm: few, small, written as a whole and cached by whoever reads them.
//!
//! Writing one is announced as a change of its realm by the use case that does it.

use async_trait::async_trait;
use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::{Id, Realm, RealmDocument, Revision};

use crate::StoreError;

/// Reads documents.
#[async_trait]
pub trait FindRealmDocuments: Send {
    /// The document of that name.
    async fn find(
        &mut self,
        realm: Id<Realm>,
        kind: DocumentKind,
        name: &str,
    ) -> Result<Option<RealmDocument>, StoreError> {
        let _ = (realm, kind, name);
        Err(StoreError::Unsupported)
    }

    /// All of a kind, by name; a realm has few.
    async fn list(
        &mut self,
        realm: Id<Realm>,
        kind: DocumentKind,
    ) -> Result<Vec<RealmDocument>, StoreError> {
        let _ = (realm, kind);
        Err(StoreError::Unsupported)
    }
}

/// Writes documents.
#[async_trait]
pub trait RealmDocuments: FindRealmDocuments {
    /// Writes a document where what is stored is at the revision that the caller read: `None`
    /// where there was nothing. Answers it as it is stored, at [`Revision::FIRST`] or the
    /// revision that follows; `Stale` where something else is stored by now. The revision in
    /// `document` is not looked at.
    async fn put(
        &mut self,
        document: &RealmDocument,
        read: Option<Revision>,
    ) -> Result<RealmDocument, StoreError> {
        let _ = (document, read);
        Err(StoreError::Unsupported)
    }

    /// Removes the document at that revision; `Stale` where there is none or another.
    async fn remove(
        &mut self,
        realm: Id<Realm>,
        kind: DocumentKind,
        name: &str,
        read: Revision,
    ) -> Result<(), StoreError> {
        let _ = (realm, kind, name, read);
        Err(StoreError::Unsupported)
    }
}
