//! `gatelodge migrate-storage`: everything from SQLite to PostgreSQL, or back.
//!
//! Both ends stand still meanwhile. The trail of the source is verified first, and the target
//! must then hold the same rows, digest by digest, and the same newest seal.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use gatelodge_domain::{SecretBytes, SecretText};
use gatelodge_ports::Store;
use gatelodge_store_sea_orm::copy::{Place, Stage, StorageMove};
use gatelodge_store_sea_orm::{
    Migrate, Notifications, PostgresOptions, SeaOrmStore, SqliteOptions,
};
use gatelodge_usecases::audit::{KnownSeal, Verification, VerifyAudit};
use gatelodge_usecases::{Failure, Foundation};
use tokio::time::Instant;

use super::backup::postgres::without_password;
use super::issuers_of;
use super::progress::{Progress, Unit};
use crate::builder::Parts;
use crate::data_folder::{DataFolder, FolderLock};
use crate::house::{DATABASE, House, found};
use crate::serve::{close, failed};
use crate::settings::{Layer, Settings};
use crate::stop::Stop;

/// How long PostgreSQL may take to seal the last events.
const SEALING: Duration = Duration::from_secs(15);
const CONNECTIONS: u32 = 4;

/// The command line of `gatelodge migrate-storage`.
#[derive(Debug, Args)]
pub(crate) struct MigrateStorageCommand {
    /// The database to copy: sqlite:FOLDER, or postgres://user@host:port/database. Other users
    /// of the machine can read flags: leave a password to ~/.pgpass or PGPASSWORD.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The empty database to copy to, of the other engine.
    #[arg(long, value_name = "URL")]
    to: String,
    /// Folder of the master key [default: that of an embedded source, else the configured one].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// File of the master key, which both databases have.
    #[arg(long, value_name = "FILE")]
    master_key_file: Option<String>,
    /// File of the key of the embedded database (64 hexadecimal digits), whichever end it is.
    #[arg(long, value_name = "FILE")]
    database_key_file: Option<String>,
}

impl MigrateStorageCommand {
    /// The configuration as far as it is about keys, and the key of the embedded database.
    pub(crate) fn settings(
        &self,
        source: Option<&PathBuf>,
    ) -> Result<(Settings, Option<SecretBytes>), Stop> {
        let mut layer = Layer::default();
        for (flag, key, value) in [
            ("--data-dir", "server.data_dir", &self.data_dir),
            (
                "--master-key-file",
                "keys.master_key_file",
                &self.master_key_file,
            ),
            (
                "--database-key-file",
                "keys.database_key_file",
                &self.database_key_file,
            ),
        ] {
            if let Some(value) = value {
                layer.flag(flag, key, value)?;
            }
        }
        let source = source.map(PathBuf::as_path);
        Settings::read_keys(&Settings::layers(source, Layer::default(), layer)?)
    }
}

/// One end: where it is, how it is spoken of, and the lock that keeps a server out.
struct End {
    place: Place,
    shown: String,
    _lock: Option<FolderLock>,
}

/// Copies and verifies.
pub(crate) async fn run(
    mut settings: Settings,
    key: Option<SecretBytes>,
    parts: &Parts,
    command: &MigrateStorageCommand,
) -> Result<(), Stop> {
    let from = End::parse("--from", &command.from, key.as_ref(), Presence::Wanted)?;
    let to = End::parse("--to", &command.to, key.as_ref(), Presence::Made)?;
    let same = matches!(
        (&from.place, &to.place),
        (Place::Sqlite { .. }, Place::Sqlite { .. })
            | (Place::Postgres { .. }, Place::Postgres { .. })
    );
    if same {
        return Err(Stop::usage(
            "--from and --to are of the same engine; `gatelodge backup` copies SQLite, and \
             pg_dump copies PostgreSQL",
        ));
    }
    // The folder of an embedded source has the master key beside the database.
    if command.data_dir.is_none()
        && let Place::Sqlite { path, .. } = &from.place
        && let Some(folder) = path.parent()
    {
        folder.clone_into(&mut settings.data_dir);
    }
    for (which, end) in [("source", &from), ("target", &to)] {
        end.refuse_company(which).await?;
    }

    println!("from            {}", from.shown);
    println!("to              {}", to.shown);
    let before = verify(&settings, parts, &from.place, Migrate::Refuse, None).await?;
    println!("source          trail whole, {} events", before.events);
    let known = before.newest.as_ref().map(|seal| KnownSeal {
        number: seal.number,
        mac: seal.mac,
    });

    let stopped = |error| Stop::because("nothing may use the target yet", &error);
    let moving = StorageMove::open(&from.place, &to.place)
        .await
        .map_err(stopped)?;
    let (rows, resumed) = (moving.rows(), moving.resumed());
    if resumed > 0 {
        println!("resumed         {resumed} of {rows} rows were there");
    }
    let began = Instant::now();
    copy(&moving, rows).await.map_err(stopped)?;
    let seconds = began.elapsed().as_secs_f64();
    println!("copied          {rows} rows, each compared, in {seconds:.1} s");

    let after = verify(&settings, parts, &to.place, Migrate::Copying, known).await?;
    if after.events != before.events || after.newest != before.newest {
        return Err(Stop::failure(
            "the trail of the target is not that of the source; the target is not to be used",
        ));
    }
    println!("target          trail whole, {} events", after.events);
    moving.finish().await.map_err(stopped)?;
    tell_next(&settings, &to);
    Ok(())
}

async fn copy(
    moving: &StorageMove,
    rows: u64,
) -> Result<(), gatelodge_store_sea_orm::copy::MoveError> {
    let mut copying = Progress::new("copying", rows, Unit::Rows);
    let mut comparing = Progress::new("comparing", rows, Unit::Rows);
    moving
        .run(&mut |stage, done| match stage {
            Stage::Copying => copying.at(done),
            Stage::Comparing => comparing.at(done),
        })
        .await
}

/// Walks the trail of one end.
async fn verify(
    settings: &Settings,
    parts: &Parts,
    place: &Place,
    migrate: Migrate,
    known: Option<KnownSeal>,
) -> Result<Verification, Stop> {
    let store = open(place, migrate).await?;
    let issuers = issuers_of(&*store).await?;
    let folder = DataFolder::existing(&settings.data_dir);
    let House { foundation, .. } = found(settings, parts, folder, store.clone(), issuers).await?;
    let verified = async {
        wait_for_seals(&foundation)
            .await
            .map_err(|error| failed("the trail cannot be read", &error))?;
        VerifyAudit::new(foundation.clone(), Duration::ZERO)
            .run(known)
            .await
            .map_err(|error| failed("the trail cannot be read", &error))
    };
    let verified = verified.await;
    let closed = close(&*store).await;
    let found = verified.and_then(|found| closed.map(|()| found))?;
    match found.fault {
        Some(fault) => Err(Stop::failure(format!(
            "the audit trail is not whole: {fault}"
        ))),
        None => Ok(found),
    }
}

/// On PostgreSQL a job seals, and a server that was killed may have left events to it.
pub(super) async fn wait_for_seals(foundation: &Foundation) -> Result<(), Failure> {
    let until = Instant::now() + SEALING;
    loop {
        let mut view = foundation.store.read().await?;
        let sealed = view.audit().last_seal().await?;
        let next = sealed.map_or(0, |seal| seal.last + 1);
        let open = view.audit().since(next, 1).await?;
        if open.is_empty() || Instant::now() > until {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn open(place: &Place, migrate: Migrate) -> Result<std::sync::Arc<dyn Store>, Stop> {
    let opened = match place {
        Place::Sqlite { path, key } => {
            let options = SqliteOptions {
                path: path.clone(),
                key: key.clone(),
                migrate,
            };
            SeaOrmStore::open_sqlite(options).await
        }
        Place::Postgres { url } => {
            let options = PostgresOptions {
                url: url.clone(),
                migrate,
                max_connections: CONNECTIONS,
                notifications: Notifications::Off,
            };
            SeaOrmStore::open_postgres(options).await
        }
    };
    Ok(opened.map_err(|error| Stop::failure(error.to_string()))?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Wanted,
    Made,
}

impl End {
    fn parse(
        flag: &str,
        text: &str,
        key: Option<&SecretBytes>,
        presence: Presence,
    ) -> Result<Self, Stop> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self {
                place: Place::Postgres {
                    url: SecretText::new(text.to_owned()),
                },
                shown: without_password(text),
                _lock: None,
            });
        }
        let Some(path) = text.strip_prefix("sqlite:") else {
            // It may be a URL with a password, in some other spelling.
            return Err(Stop::usage(format!(
                "{flag} begins neither with sqlite: nor with postgres://"
            )));
        };
        let path = database_in(Path::new(path.strip_prefix("//").unwrap_or(path)));
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let folder = match presence {
            Presence::Wanted if !path.exists() => {
                return Err(Stop::failure(format!(
                    "there is no database at {}",
                    path.display()
                )));
            }
            Presence::Wanted => DataFolder::existing(parent),
            Presence::Made => DataFolder::open(parent)?,
        };
        let lock = folder.lock()?;
        if presence == Presence::Made {
            folder.touch_private(DATABASE)?;
        }
        Ok(Self {
            shown: format!("sqlite:{}", path.display()),
            place: Place::Sqlite {
                path,
                key: key.cloned(),
            },
            _lock: Some(lock),
        })
    }

    async fn refuse_company(&self, which: &str) -> Result<(), Stop> {
        let others = self
            .place
            .others()
            .await
            .map_err(|error| Stop::failure(format!("the {which} does not open: {error}")))?;
        if others == 0 {
            return Ok(());
        }
        Err(Stop::failure(format!(
            "the {which} {} is in use: {others} connection(s) of Gatelodge are open; stop every \
             node first",
            self.shown
        )))
    }
}

/// A folder stands for the database in it.
fn database_in(path: &Path) -> PathBuf {
    if path.file_name() == Some(DATABASE.as_ref()) {
        path.to_owned()
    } else {
        path.join(DATABASE)
    }
}

fn tell_next(settings: &Settings, to: &End) {
    println!();
    match &to.place {
        Place::Postgres { .. } => println!(
            "Next: `gatelodge serve --data-dir {} --storage postgres --database-url '{}'`\n\
             (the master key stays where it is; every node needs it). Keep the old database until\n\
             you have seen the new one work.",
            settings.data_dir.display(),
            to.shown
        ),
        Place::Sqlite { path, .. } => println!(
            "Next: put the master key beside {}, or name it with --master-key-file, and\n\
             `gatelodge serve --data-dir {}`. Keep the old database until you have seen the new\n\
             one work.",
            path.display(),
            path.parent().unwrap_or(Path::new(".")).display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_its_database() {
        assert_eq!(
            database_in(Path::new("./data")),
            Path::new("./data/gatelodge.db")
        );
        assert_eq!(
            database_in(Path::new("/d/gatelodge.db")),
            Path::new("/d/gatelodge.db")
        );
    }

    #[test]
    fn an_end_that_cannot_be_read_is_not_repeated() {
        let refused = End::parse("--to", "mysql://u:secret@h/d", None, Presence::Made);
        let said = refused.map(|_| ()).unwrap_err().to_string();
        assert!(said.contains("--to") && !said.contains("secret"), "{said}");
    }
}
