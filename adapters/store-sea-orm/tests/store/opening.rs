//! Opening a file: keys, damage, and what is said about it.

use std::path::Path;
use std::sync::Arc;

use gatelodge_domain::SecretBytes;
use gatelodge_ports::Store as _;
use gatelodge_store_sea_orm::{Migrate, OpenError, SeaOrmStore, SqliteOptions};

const FACT: &str = "a-fact-that-nobody-reads";

async fn open(path: &Path, key: Option<u8>) -> Result<Arc<SeaOrmStore>, OpenError> {
    SeaOrmStore::open_sqlite(SqliteOptions {
        path: path.to_owned(),
        key: key.map(|byte| SecretBytes::new(vec![byte; 32])),
        migrate: Migrate::Run,
    })
    .await
}

async fn complaint(path: &Path, key: Option<u8>) -> String {
    let Err(error) = open(path, key).await else {
        panic!("it opens");
    };
    let line = error.to_string();
    assert!(!line.contains('\n'), "{line}");
    line
}

/// Makes a file that holds a fact, and closes it.
async fn made(path: &Path, key: Option<u8>) {
    let store = open(path, key).await.unwrap();
    let mut unit = store.write().await.unwrap();
    unit.system().insert(FACT, b"1").await.unwrap();
    unit.commit().await.unwrap();
    store.close().await.unwrap();
}

fn holds(path: &Path, text: &str) -> bool {
    let bytes = std::fs::read(path).unwrap();
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_file_under_a_key_is_unreadable_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, locked) = (
        folder.path().join("plain.db"),
        folder.path().join("locked.db"),
    );
    made(&plain, None).await;
    made(&locked, Some(7)).await;
    assert!(holds(&plain, FACT));
    assert!(!holds(&locked, FACT));
    assert!(!holds(&locked, "SQLite format 3"));

    assert!(
        complaint(&locked, None)
            .await
            .contains("no database key was given")
    );
    assert!(
        complaint(&locked, Some(8))
            .await
            .contains("the database key is wrong")
    );
    assert!(complaint(&plain, Some(7)).await.contains("not encrypted"));

    let store = open(&locked, Some(7)).await.unwrap();
    let mut view = store.read().await.unwrap();
    assert_eq!(
        view.system().find(FACT).await.unwrap().as_deref(),
        Some(&b"1"[..])
    );
}

#[tokio::test]
async fn a_damaged_file_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatelodge.db");
    std::fs::write(
        &path,
        "this is no database, and it never was one".repeat(100),
    )
    .unwrap();
    assert!(
        complaint(&path, None)
            .await
            .contains("is not a database: it is damaged")
    );
    let missing = folder.path().join("nowhere").join("gatelodge.db");
    assert!(
        complaint(&missing, None)
            .await
            .contains("unable to open database file")
    );
}

#[tokio::test]
async fn a_key_has_32_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions {
        path: folder.path().join("gatelodge.db"),
        key: Some(SecretBytes::new(vec![1; 31])),
        migrate: Migrate::Run,
    };
    let opened = SeaOrmStore::open_sqlite(options).await;
    assert!(matches!(opened, Err(OpenError::KeyLength(31))));
}

#[tokio::test]
async fn pending_steps_can_be_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = || SqliteOptions {
        path: folder.path().join("gatelodge.db"),
        key: None,
        migrate: Migrate::Refuse,
    };
    let refused = SeaOrmStore::open_sqlite(options()).await;
    assert!(matches!(refused, Err(OpenError::MigrationsPending { .. })));
    made(&options().path, None).await;
    assert!(SeaOrmStore::open_sqlite(options()).await.is_ok());
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatelodge.db");
    made(&path, None).await;
    let store = open(&path, None).await.unwrap();
    let mut view = store.read().await.unwrap();
    assert_eq!(
        view.system().find(FACT).await.unwrap().as_deref(),
        Some(&b"1"[..])
    );
}
