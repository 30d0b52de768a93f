//! The suite on a file under a database key.

use gatelodge_conformance::{Opened, store_suite};
use gatelodge_domain::SecretBytes;
use gatelodge_store_sea_orm::{Migrate, SeaOrmStore, SqliteOptions};

async fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions {
        path: folder.path().join("gatelodge.db"),
        key: Some(SecretBytes::new((0..32).collect())),
        migrate: Migrate::Run,
    };
    Opened::new(SeaOrmStore::open_sqlite(options).await.unwrap(), folder)
}

store_suite!(open);
