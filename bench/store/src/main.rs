//! How fast the storage road is, through the ports: write units and point reads a second.
//!
//! `cargo xtask bench store [--seconds N | --units N] [--tasks N]… [--only NAME] [--folder DIR]
//! [--database-url URL]`. The
//! last lines hold the figures against the floors that the rest of the house is built on and say
//! PASS or FAIL; the exit status follows them. The file is made beside this program unless a
//! folder is given, because a temporary folder may live in memory and an fsync there costs
//! nothing. On two virtual cores read the figures as ratios, and repeat them.

mod load;
mod options;
mod samples;
mod table;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use gatelodge_domain::SecretText;
use gatelodge_domain::audit::SealBody;
use gatelodge_ports::Store;
use gatelodge_store_memory::MemoryStore;
use gatelodge_store_sea_orm::{
    Migrate, Notifications, PostgresOptions, SeaOrmStore, SqliteOptions,
};

use load::{Kind, measure};
use options::Options;
use table::{Floor, Table};

/// Where floors are held: that many tasks at once, on SQLite.
const FLOOR_TASKS: usize = 64;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(bench(&options))
}

async fn bench(options: &Options) -> Result<bool, Box<dyn Error>> {
    let folder = tempfile::Builder::new()
        .prefix("bench-store-")
        .tempdir_in(&options.folder)?;
    let mut table = Table::default();
    println!(
        "{:<12}{:<28}{:>8}{:>14}",
        "store", "what", "tasks", "a second"
    );

    let sqlite = SqliteOptions {
        path: folder.path().join("gatelodge.db"),
        key: None,
        migrate: Migrate::Run,
    };
    rows(
        &mut table,
        "sqlite",
        SeaOrmStore::open_sqlite(sqlite).await?,
        options,
    )
    .await?;
    rows(&mut table, "memory", MemoryStore::new(), options).await?;
    if let Some(url) = &options.database_url {
        let postgres = PostgresOptions {
            url: SecretText::new(url.clone()),
            migrate: Migrate::Run,
            max_connections: 32,
            notifications: Notifications::On,
        };
        rows(
            &mut table,
            "postgres",
            SeaOrmStore::open_postgres(postgres).await?,
            options,
        )
        .await?;
    }
    println!();
    let floors = [
        Floor {
            kind: Kind::IssueTicket,
            least: 10_000,
        },
        Floor {
            kind: Kind::FindUser,
            least: 15_000,
        },
    ];
    Ok(floors
        .iter()
        .map(|floor| table.holds("sqlite", FLOOR_TASKS, floor))
        .fold(true, |all, holds| all & holds))
}

async fn rows(
    table: &mut Table,
    name: &'static str,
    store: Arc<dyn Store>,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    // Stands for the HMAC of the audit data key; one hash a batch either way.
    store.use_seal_key(Arc::new(|body: &SealBody| {
        gatelodge_domain::Digest::sha256(&body.to_bytes())
    }));
    let ground = samples::Ground::lay(&store).await?;
    for kind in Kind::ALL {
        if !kind.as_str().contains(&options.only) {
            continue;
        }
        for tasks in &options.tasks {
            let rate = measure(&store, ground, kind, *tasks, options.length).await?;
            table.add(name, kind, *tasks, rate);
        }
    }
    store.close().await?;
    Ok(())
}
