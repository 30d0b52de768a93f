//! `gatelodge restore`: puts a copy back, after everything in it was checked.
//!
//! The order: checksums, the database's own checks, schema, master key, the audit trail by its
//! seals; then what was alive in the copy ends; and only then the folder takes its place.

mod landing;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use gatelodge_crypto::SystemClock;
use gatelodge_domain::{SecretBytes, SecretText};
use gatelodge_http::time;
use gatelodge_ports::Clock as _;
use gatelodge_store_sea_orm::copy::{CopiedFacts, check_file, facts_of_file};
use gatelodge_usecases::Foundation;
use gatelodge_usecases::audit::{KnownSeal, VerifyAudit};
use gatelodge_usecases::restore::{Alive, Copied, Ended, SettleRestoredStore};

use super::backup::check_master_key;
use super::backup::keys::{Keys, known_passphrase};
use super::backup::manifest::{self, Manifest, copy_part, damaged, hexadecimal};
use super::backup::postgres::instead_of_restore;
use super::flags::StoreFlags;
use super::migrate_storage::wait_for_seals;
use super::progress::{Progress, Unit};
use super::{issuers_of, with_house};
use crate::builder::Parts;
use crate::data_folder::DataFolder;
use crate::house::{Access, DATABASE, House, MASTER_KEY, found, open_store};
use crate::serve::{close, failed};
use crate::settings::{Engine, Settings};
use crate::stop::Stop;
use crate::wire::sealing_delay;
use landing::{DATABASE_KEY, Landing};

/// The command line of `gatelodge restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreCommand {
    /// The copy: the folder that `gatelodge backup` made.
    #[arg(value_name = "COPY", required_unless_present = "settle")]
    copy: Option<PathBuf>,
    /// Put the copy in the place of what is in the data folder, and keep the old folder under
    /// another name.
    #[arg(long)]
    replace: bool,
    /// Leave everybody signed in who was when the copy was made. What was rotated, ended or
    /// revoked since is then alive again: only for a copy of a server that was stopped.
    #[arg(long)]
    keep_sessions: bool,
    /// File of the passphrase of the copy's keys; without one it is asked for at the terminal.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// For PostgreSQL, whose own tools put the database back: check the audit trail, end what was
    /// alive in the copy, and record it.
    #[arg(long, conflicts_with_all = ["copy", "replace", "keep_sessions", "passphrase_file"])]
    settle: bool,
    #[command(flatten)]
    pub(crate) flags: StoreFlags,
}

/// Restores.
pub(crate) async fn run(
    mut settings: Settings,
    parts: &Parts,
    command: &RestoreCommand,
) -> Result<(), Stop> {
    let key = match &settings.storage.engine {
        _ if parts.store.is_some() => {
            return Err(Stop::usage(
                "the store is one that an extender brought; restore it by its own means",
            ));
        }
        Engine::Memory => {
            return Err(Stop::usage(
                "the storage engine `memory` holds nothing when no server runs on it, so there \
                 is nothing to restore to",
            ));
        }
        Engine::Postgres { .. } if command.settle => return settle(&settings, parts).await,
        Engine::Postgres { url, .. } => return Err(instead_of_restore(url)),
        Engine::Sqlite { .. } if command.settle => {
            return Err(Stop::usage(
                "--settle is for PostgreSQL; here `gatelodge restore COPY` does it by itself",
            ));
        }
        Engine::Sqlite { key } => key.clone(),
    };
    let Some(copy) = &command.copy else {
        return Err(Stop::usage("no copy is named"));
    };
    let copy = folder_of(copy);
    let manifest = Manifest::read(&copy)?;
    let at = SystemClock::new().now();
    let landing = Landing::prepare(&settings.data_dir, command.replace, at)?;
    let opened = Opened::take(&copy, &manifest, &landing, &settings, parts, key, command)?;
    settings.storage.engine = Engine::Sqlite {
        key: opened.key.clone(),
    };
    settings.storage.migrate = true;
    let alive = if command.keep_sessions {
        Alive::Keep
    } else {
        Alive::End
    };
    let (events, ended) = make_ready(&settings, parts, landing.room(), &manifest, alive).await?;
    let target = settings.data_dir.clone();
    let kept = landing.land()?;
    tell(&Told {
        target: &target,
        kept: kept.as_deref(),
        manifest: &manifest,
        events,
        ended: (alive == Alive::End).then_some(ended),
        brought_key: opened.brought_database_key,
    });
    Ok(())
}

/// A copy whose parts are in the new folder, checked as far as a key is not needed.
struct Opened {
    key: Option<SecretBytes>,
    brought_database_key: bool,
}

impl Opened {
    fn take(
        copy: &Path,
        manifest: &Manifest,
        landing: &Landing,
        settings: &Settings,
        parts: &Parts,
        given: Option<SecretBytes>,
        command: &RestoreCommand,
    ) -> Result<Self, Stop> {
        let room = landing.room();
        let database = manifest
            .part(DATABASE)
            .ok_or_else(|| damaged("it has no database"))?;
        let mut progress = Progress::new("copying", database.bytes, Unit::Bytes);
        copy_part(copy, database, &room.file(DATABASE), &mut |seen| {
            progress.at(seen);
        })?;
        drop(progress);

        let mut sealed = SealedKeys::new(copy, manifest, room, command)?;
        let key = match given {
            Some(key) if !manifest.encrypted => {
                drop(key);
                return Err(Stop::usage(
                    "a database key is given, and the copy is not encrypted",
                ));
            }
            Some(key) => Some(key),
            None if !manifest.encrypted => None,
            None => match waiting_database_key(&landing.old())? {
                Some(key) => Some(key),
                None => sealed.open()?.and_then(|keys| keys.database.clone()),
            },
        };
        if manifest.encrypted && key.is_none() {
            return Err(Stop::usage(
                "the copy is encrypted and its database key is not in it; give the key with \
                 --database-key-file",
            ));
        }
        let path = room.file(DATABASE);
        check_file(&path, key.clone()).map_err(|fault| damaged(&fault.to_string()))?;
        let facts =
            facts_of_file(&path, key.clone()).map_err(|fault| damaged(&fault.to_string()))?;
        if parts.master_key.is_none() {
            choose_master_key(&facts, landing, settings, &mut sealed)?;
        }
        let brought_database_key = sealed
            .opened
            .as_ref()
            .is_some_and(|it| it.database.is_some());
        if let Some(database) = sealed.opened.as_ref().and_then(|it| it.database.as_ref()) {
            let digits = SecretText::new(format!("{}\n", hexadecimal(database.expose())));
            room.write_private(DATABASE_KEY, digits.expose())?;
        }
        Ok(Self {
            key,
            brought_database_key,
        })
    }
}

/// The first of these that opens the copy: the configured key, the one in the data folder, the
/// one in the copy.
fn choose_master_key(
    facts: &CopiedFacts,
    landing: &Landing,
    settings: &Settings,
    sealed: &mut SealedKeys<'_>,
) -> Result<(), Stop> {
    if let Some(configured) = &settings.master_key {
        return check_master_key(configured, facts);
    }
    let room = landing.room();
    if let Some(text) = landing.old().read(MASTER_KEY)? {
        let text = SecretText::new(text);
        match check_master_key(&text, facts) {
            Ok(()) => return room.write_private(MASTER_KEY, text.expose()).map(|_| ()),
            // A key is never overwritten; one that is kept aside is.
            Err(stop) if !landing.replaces() => {
                return Err(Stop::failure(format!(
                    "{}: {stop}; move the file away",
                    landing.old().file(MASTER_KEY).display()
                )));
            }
            Err(_) => {}
        }
    }
    let Some(keys) = sealed.open()? else {
        return Err(Stop::usage(format!(
            "the copy holds no keys; give the master key with --master-key-file, or put it at {} \
             first",
            landing.old().file(MASTER_KEY).display()
        )));
    };
    check_master_key(&keys.master, facts)?;
    let text = SecretText::new(format!("{}\n", keys.master.expose().trim_end()));
    room.write_private(MASTER_KEY, text.expose()).map(|_| ())
}

/// The keys in a copy, opened when they are needed and at most once: that takes a second.
struct SealedKeys<'a> {
    bytes: Option<Vec<u8>>,
    command: &'a RestoreCommand,
    opened: Option<Keys>,
}

impl<'a> SealedKeys<'a> {
    fn new(
        copy: &Path,
        manifest: &Manifest,
        room: &DataFolder,
        command: &'a RestoreCommand,
    ) -> Result<Self, Stop> {
        let mut bytes = None;
        if let Some(part) = manifest.part(manifest::KEYS) {
            let path = room.file(manifest::KEYS);
            copy_part(copy, part, &path, &mut |_| {})?;
            let read = fs::read(&path).map_err(|error| damaged(&error.to_string()))?;
            room.remove(manifest::KEYS);
            bytes = Some(read);
        }
        let mut keys = Self {
            bytes,
            command,
            opened: None,
        };
        // Whoever names a passphrase means it to be used, and to be told when it is wrong.
        if command.passphrase_file.is_some() && keys.open()?.is_none() {
            return Err(Stop::usage(
                "--passphrase-file is given, and the copy holds no keys",
            ));
        }
        Ok(keys)
    }

    fn open(&mut self) -> Result<Option<&Keys>, Stop> {
        let Some(bytes) = &self.bytes else {
            return Ok(None);
        };
        if self.opened.is_none() {
            let passphrase = known_passphrase(self.command.passphrase_file.as_deref())?;
            self.opened = Some(Keys::open(bytes, &passphrase)?);
        }
        Ok(self.opened.as_ref())
    }
}

/// A database key that was put into the empty folder beforehand.
fn waiting_database_key(folder: &DataFolder) -> Result<Option<SecretBytes>, Stop> {
    let text = folder.read(DATABASE_KEY)?.map(SecretText::new);
    let bytes = text
        .as_ref()
        .and_then(|text| manifest::bytes_of(text.expose().trim_end()));
    Ok(bytes.map(SecretBytes::new))
}

/// Opens the restored store, verifies its trail, ends what was alive; how many events there are
/// and how much ended.
async fn make_ready(
    settings: &Settings,
    parts: &Parts,
    room: &DataFolder,
    manifest: &Manifest,
    alive: Alive,
) -> Result<(u64, Ended), Stop> {
    let store = open_store(settings, parts, room, Access::Owner).await?;
    let issuers = issuers_of(&*store).await?;
    let House { foundation, .. } =
        found(settings, parts, room.clone(), store.clone(), issuers).await?;
    let known = manifest
        .newest_seal
        .map(|(number, mac)| KnownSeal { number, mac });
    let copied = Copied {
        at: manifest.at,
        seal: manifest.newest_seal.map_or(0, |(number, _)| number),
    };
    let worked = check_and_settle(&foundation, sealing_delay(settings), known, copied, alive).await;
    let closed = close(&*store).await;
    worked.and_then(|done| closed.map(|()| done))
}

async fn check_and_settle(
    foundation: &Arc<Foundation>,
    delay: Duration,
    known: Option<KnownSeal>,
    copied: Copied,
    alive: Alive,
) -> Result<(u64, Ended), Stop> {
    let found = VerifyAudit::new(foundation.clone(), delay)
        .run(known)
        .await
        .map_err(|error| failed("the audit trail of the copy cannot be read", &error))?;
    if let Some(fault) = found.fault {
        return Err(damaged(&format!("its audit trail is not whole: {fault}")));
    }
    let ended = SettleRestoredStore::new(foundation.clone())
        .run(copied, alive)
        .await
        .map_err(|error| failed("what was alive in the copy cannot be ended", &error))?;
    Ok((found.events, ended))
}

/// A PostgreSQL database that its own tools put back.
async fn settle(settings: &Settings, parts: &Parts) -> Result<(), Stop> {
    let delay = sealing_delay(settings);
    with_house(settings, parts, |foundation| async move {
        wait_for_seals(&foundation)
            .await
            .map_err(|error| failed("the audit trail cannot be read", &error))?;
        let copied = Copied {
            at: foundation.clock.now(),
            seal: 0,
        };
        let (events, ended) =
            check_and_settle(&foundation, delay, None, copied, Alive::End).await?;
        println!("audit trail     whole, {events} events");
        println!("ended           {}", spoken(&ended));
        Ok(())
    })
    .await
}

struct Told<'a> {
    target: &'a Path,
    kept: Option<&'a Path>,
    manifest: &'a Manifest,
    events: u64,
    ended: Option<Ended>,
    brought_key: bool,
}

fn tell(told: &Told<'_>) {
    let Told {
        target, manifest, ..
    } = told;
    println!("restored        {}", target.display());
    println!("as of           {}", time::to_text(manifest.at));
    println!("issuer          {}", manifest.issuers.0);
    println!("audit trail     whole, {} events", told.events);
    match &told.ended {
        Some(ended) => println!("ended           {}", spoken(ended)),
        None => println!(
            "ended           codes and one-time links only; whoever was signed in still is"
        ),
    }
    if let Some(kept) = told.kept {
        println!("the old folder  {}", kept.display());
    }
    println!();
    println!(
        "What happened after the copy is not in it. Do again what must hold: people and clients\n\
         that were disabled or deleted, passwords and client secrets that were changed, second\n\
         factors that were removed and recovery codes that were used, keys that were dropped\n\
         (`gatelodge keys rotate --compromised`)."
    );
    let key = if told.brought_key {
        let file = target.join(DATABASE_KEY);
        format!(" --database-key-file {}", file.display())
    } else {
        String::new()
    };
    println!(
        "Next: `gatelodge serve --data-dir {}{key}`",
        target.display()
    );
    if !target.join(MASTER_KEY).exists() {
        println!("(the master key is not in that folder: give it as you did here)");
    }
}

fn spoken(ended: &Ended) -> String {
    let Ended {
        sessions,
        grants,
        families,
        tickets,
        messages,
    } = ended;
    format!(
        "{sessions} sessions, {grants} grants, {families} refresh families, {tickets} codes, \
         links and other tickets, {messages} messages that waited to be sent, and every access \
         token"
    )
}

/// The folder of a copy, also where its manifest is named.
fn folder_of(copy: &Path) -> PathBuf {
    match copy.parent() {
        Some(parent) if copy.file_name() == Some(manifest::MANIFEST.as_ref()) => parent.to_owned(),
        _ => copy.to_owned(),
    }
}
