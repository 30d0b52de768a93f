//! The suite on a plain file.

use gatelodge_conformance::{Opened, store_suite};
use gatelodge_store_sea_orm::{Migrate, SeaOrmStore, SqliteOptions};

pub(crate) async fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions {
        path: folder.path().join("gatelodge.db"),
        key: None,
        migrate: Migrate::Run,
    };
    Opened::new(SeaOrmStore::open_sqlite(options).await.unwrap(), folder)
}

store_suite!(open);
