//! The first run, where the line to the store is cut in the middle of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::test::TestRequest;
use async_trait::async_trait;
use gatelodge_domain::{ClientId, RealmSlug};
use gatelodge_ports::store::{ChangeFeed, SealKey};
use gatelodge_ports::{Snapshot, Store, StoreError, UnitOfWork};
use gatelodge_store_memory::MemoryStore;
use gatelodge_usecases::client_authentication::client_secret_digest;

use crate::house::House;

/// A store that answers nobody any more once a unit was begun, where it is told to.
struct Line {
    store: Arc<MemoryStore>,
    breaks: AtomicBool,
    is_cut: AtomicBool,
}

impl Line {
    fn to(store: Arc<MemoryStore>) -> Arc<Self> {
        Arc::new(Self {
            store,
            breaks: AtomicBool::new(false),
            is_cut: AtomicBool::new(false),
        })
    }

    fn heard(&self) -> Result<&MemoryStore, StoreError> {
        if self.is_cut.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable("the line is cut"));
        }
        Ok(&self.store)
    }
}

#[async_trait]
impl Store for Line {
    async fn read(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.heard()?.read().await
    }

    async fn read_consistent(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.heard()?.read_consistent().await
    }

    async fn write(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let unit = self.heard()?.write().await;
        let breaks = self.breaks.load(Ordering::SeqCst);
        self.is_cut.store(breaks, Ordering::SeqCst);
        unit
    }

    fn change_feed(&self) -> &dyn ChangeFeed {
        self.store.change_feed()
    }

    fn use_seal_key(&self, key: SealKey) {
        self.store.use_seal_key(key);
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}

#[actix_web::test]
async fn what_was_set_up_and_cannot_be_read_back_has_a_page_with_the_made_secret() {
    let line = Line::to(MemoryStore::new());
    let house = House::not_set_up(line.clone()).await;
    let first = &house.state.use_cases.first_administrator;
    let link = first.issue().await.unwrap().unwrap();
    line.breaks.store(true, Ordering::SeqCst);
    let posted = TestRequest::post()
        .uri("/setup")
        .insert_header(("host", "127.0.0.1:9040"))
        .set_form([
            ("token", link.expose().as_str()),
            ("username", "boss"),
            ("password", "five unusual batteries"),
            ("client_name", "Night shift"),
            ("client_kind", "machine"),
            ("client_id", "night-shift"),
        ]);
    let answer = house.ask(posted).await;
    // Not 503, which says that nothing was done.
    assert_eq!(answer.status, 500);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let page = String::from_utf8(answer.body).unwrap();
    assert!(
        page.contains("<h1>Set up, but not read back</h1>"),
        "{page}"
    );
    assert!(page.contains("lodge client get night-shift"), "{page}");
    let (_, secret) = page.split_once("<code>gl_cs_").unwrap();
    let secret = format!("gl_cs_{}", secret.split_once("</code>").unwrap().0);

    line.breaks.store(false, Ordering::SeqCst);
    line.is_cut.store(false, Ordering::SeqCst);
    assert!(first.is_there().await.unwrap());
    let foundation = &house.state.foundation;
    let default = RealmSlug::default_realm();
    let realm = foundation.directory.realm(&default).await.unwrap().unwrap();
    let id = ClientId::parse("night-shift").unwrap();
    let client = foundation.directory.client(realm.realm.id, &id).await;
    let digest = client_secret_digest(&*foundation.vault, realm.realm.id, &secret);
    assert_eq!(client.unwrap().unwrap().secrets[0].digest, digest);
}
