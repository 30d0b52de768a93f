//! Documents of a realm: written by revision, read by name.

use std::sync::Arc;

use gatelodge_domain::document::DocumentKind;
use gatelodge_domain::{Id, Realm, RealmDocument, Revision};
use gatelodge_ports::{Store, StoreError};

use crate::fixture::{assert_is, committed, seen};
use crate::race::{MANY, tried};
use crate::samples::{self, NOW, at};

const KIND: DocumentKind = DocumentKind::MailTemplate;

fn document(realm: Id<Realm>, name: &str) -> RealmDocument {
    RealmDocument {
        realm,
        kind: KIND,
        name: name.to_owned(),
        body: format!("{{\"number\":{}}}", samples::number()),
        revision: Revision::FIRST,
        updated_at: NOW,
    }
}

async fn two_realms(store: &Arc<dyn Store>) -> [Id<Realm>; 2] {
    let realms = [samples::realm(), samples::realm()];
    committed!(store, |unit| for realm in &realms {
        unit.realms().insert(realm).await.unwrap();
    });
    realms.map(|realm| realm.id)
}

async fn put(
    store: &Arc<dyn Store>,
    document: &RealmDocument,
    read: Option<Revision>,
) -> Result<RealmDocument, StoreError> {
    let mut unit = store.write().await.unwrap();
    let answer = unit.documents().put(document, read).await;
    if answer.is_ok() {
        unit.commit().await.unwrap();
    }
    answer
}

async fn found(
    store: &Arc<dyn Store>,
    realm: Id<Realm>,
    kind: DocumentKind,
    name: &str,
) -> Option<RealmDocument> {
    seen!(store, |view| view
        .documents()
        .find(realm, kind, name)
        .await
        .unwrap())
}

/// A document comes back whole, under its own realm, kind and name only.
pub async fn documents_come_back_whole_and_only_in_their_realm(store: Arc<dyn Store>) {
    let [here, there] = two_realms(&store).await;
    for text in samples::TEXTS {
        let written = RealmDocument {
            body: text.to_string(),
            ..document(here, "reset/de")
        };
        let read = found(&store, here, KIND, "reset/de")
            .await
            .map(|document| document.revision);
        put(&store, &written, read).await.unwrap();
        let back = found(&store, here, KIND, "reset/de").await.unwrap();
        assert_eq!(back.body, written.body);
    }
    assert_eq!(found(&store, there, KIND, "reset/de").await, None);
    let look = found(&store, here, DocumentKind::Theme, "reset/de").await;
    assert_eq!(look, None);
    assert_eq!(found(&store, here, KIND, "Reset/de").await, None);
}

/// Writing counts the revision up, and whoever read another one, or nothing, is refused.
pub async fn a_stale_document_is_refused(store: Arc<dyn Store>) {
    let [realm, _] = two_realms(&store).await;
    let first = document(realm, "a");
    let written = put(&store, &first, None).await.unwrap();
    assert_eq!(written, first);
    assert_is!(put(&store, &first, None).await, Err(StoreError::Stale));
    let next = RealmDocument {
        updated_at: at(5),
        ..document(realm, "a")
    };
    let wrong = put(&store, &next, Some(Revision(2))).await;
    assert_is!(wrong, Err(StoreError::Stale));
    let written = put(&store, &next, Some(Revision::FIRST)).await.unwrap();
    assert_eq!(written.revision, Revision(2));
    assert_eq!(found(&store, realm, KIND, "a").await, Some(written));
    let nothing = document(realm, "b");
    let wrong = put(&store, &nothing, Some(Revision::FIRST)).await;
    assert_is!(wrong, Err(StoreError::Stale));
}

/// Removing asks for the revision too, and what was removed may be written anew.
pub async fn a_document_is_removed_as_it_was_read(store: Arc<dyn Store>) {
    let [realm, other] = two_realms(&store).await;
    for realm in [realm, other] {
        put(&store, &document(realm, "a"), None).await.unwrap();
    }
    let mut unit = store.write().await.unwrap();
    let stale = unit.documents().remove(realm, KIND, "a", Revision(2)).await;
    assert_is!(stale, Err(StoreError::Stale));
    drop(unit);
    committed!(store, |unit| unit
        .documents()
        .remove(realm, KIND, "a", Revision::FIRST)
        .await
        .unwrap());
    assert_eq!(found(&store, realm, KIND, "a").await, None);
    assert!(found(&store, other, KIND, "a").await.is_some());
    put(&store, &document(realm, "a"), None).await.unwrap();
}

/// The documents of a kind are listed by name, to the byte.
pub async fn documents_are_listed_by_name(store: Arc<dyn Store>) {
    let [here, there] = two_realms(&store).await;
    for name in ["b/en", "a/de", "B/en", "a/en", "\u{e4}/en"] {
        put(&store, &document(here, name), None).await.unwrap();
    }
    put(&store, &document(there, "c"), None).await.unwrap();
    let look = RealmDocument {
        kind: DocumentKind::Theme,
        ..document(here, "theme")
    };
    put(&store, &look, None).await.unwrap();
    let listed = seen!(store, |view| view
        .documents()
        .list(here, KIND)
        .await
        .unwrap());
    let names: Vec<&str> = listed
        .iter()
        .map(|document| document.name.as_str())
        .collect();
    assert_eq!(names, ["B/en", "a/de", "a/en", "b/en", "\u{e4}/en"]);
}

/// Of many who write the same document at once, first or next, one succeeds.
pub async fn one_of_many_writes_a_document(store: Arc<dyn Store>) {
    let [realm, _] = two_realms(&store).await;
    for read in [None, Some(Revision::FIRST)] {
        let outcomes = tried(&store, MANY, move |unit, _| {
            Box::pin(async move { unit.documents().put(&document(realm, "a"), read).await })
        })
        .await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1);
        for outcome in outcomes.into_iter().filter(Result::is_err) {
            assert_is!(outcome, Err(StoreError::Stale));
        }
    }
}
