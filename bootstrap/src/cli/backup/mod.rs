//! `gatelodge backup`: a consistent copy of a running embedded database.
//!
//! A copy is a folder: the database, a manifest with checksums, and, where it is asked for, the
//! keys under a passphrase. It is made under another name and renamed when it is whole.

pub(crate) mod keys;
pub(crate) mod manifest;
pub(crate) mod postgres;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use gatelodge_crypto::{Aes256MasterKey, SystemClock};
use gatelodge_domain::{SecretBytes, SecretText, Timestamp};
use gatelodge_http::time;
use gatelodge_ports::{Clock as _, MasterKey as _};
use gatelodge_store_sea_orm::copy::{CopiedFacts, copy_file, facts_of_file};
use gatelodge_usecases::setup::{ADMIN_URL, MASTER_KEY_CHECK, PUBLIC_URL};

use super::flags::StoreFlags;
use super::progress::{Progress, Unit};
use crate::builder::Parts;
use crate::data_folder::DataFolder;
use crate::house::{DATABASE, MASTER_KEY};
use crate::settings::{Engine, Settings};
use crate::stop::{Stop, chain};
use keys::{Keys, new_passphrase};
use manifest::{MANIFEST, Manifest, part_of};

/// The command line of `gatelodge backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupCommand {
    /// The new folder of the copy; or a folder that is there, in which one is made that is named
    /// by the time [default: the working folder].
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Also copy the master key (and the key of the embedded database), sealed under a
    /// passphrase. Without this they are left out.
    #[arg(long)]
    with_keys: bool,
    /// File of the passphrase; without one it is asked for at the terminal.
    #[arg(long, value_name = "FILE", requires = "with_keys")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flags: StoreFlags,
}

/// Copies.
pub(crate) fn run(settings: &Settings, parts: &Parts, command: &BackupCommand) -> Result<(), Stop> {
    let key = match &settings.storage.engine {
        _ if parts.store.is_some() => {
            return Err(Stop::usage(
                "the store is one that an extender brought; copy it by its own means",
            ));
        }
        Engine::Memory => {
            return Err(Stop::usage(
                "the storage engine `memory` holds nothing when no server runs on it, so there \
                 is nothing to copy",
            ));
        }
        Engine::Postgres { url, .. } => return Err(postgres::instead_of_backup(url)),
        Engine::Sqlite { key } => key.clone(),
    };
    let folder = DataFolder::existing(&settings.data_dir);
    let database = folder.file(DATABASE);
    if !database.exists() {
        return Err(Stop::failure(format!(
            "there is no database at {}; --data-dir names another folder",
            database.display()
        )));
    }
    // Asked for before the work, so that nobody must wait for the question.
    let keys = if command.with_keys {
        Some((
            keys_of(settings, &folder, key.clone())?,
            new_passphrase(command.passphrase_file.as_deref())?,
        ))
    } else {
        None
    };
    let at = SystemClock::new().now();
    let target = Target::new(command.out.as_deref(), at)?;
    let made = fill(&target.partial, &database, key.as_ref(), at, keys).and_then(|manifest| {
        target.finish()?;
        Ok(manifest)
    });
    match made {
        Ok(manifest) => {
            tell(&target.finished, &manifest);
            Ok(())
        }
        Err(stop) => {
            let _ = fs::remove_dir_all(&target.partial);
            Err(stop)
        }
    }
}

fn fill(
    folder: &Path,
    database: &Path,
    key: Option<&SecretBytes>,
    at: Timestamp,
    keys: Option<(Keys, SecretText)>,
) -> Result<Manifest, Stop> {
    let copy = folder.join(DATABASE);
    new_private(&copy).map_err(|error| unwritten(&copy, &error))?;
    copy_with_progress(database, key.cloned(), &copy)?;
    let facts = facts_of_file(&copy, key.cloned())
        .map_err(|fault| Stop::because("the copy cannot be read back", &fault))?;
    let with_keys = keys.is_some();
    if let Some((keys, passphrase)) = keys {
        check_master_key(&keys.master, &facts)?;
        keys.seal(folder, &passphrase)?;
    }
    let bytes = fs::metadata(&copy).map_or(0, |facts| facts.len());
    let mut progress = Progress::new("checksums", bytes, Unit::Bytes);
    let mut parts = vec![part_of(folder, DATABASE, &mut |seen| progress.at(seen))?];
    if with_keys {
        parts.push(part_of(folder, manifest::KEYS, &mut |_| {})?);
    }
    let issuer = |name| {
        let fact = facts.fact(name).ok_or_else(|| {
            Stop::failure("the database is not ready: `gatelodge serve` or `gatelodge init` first")
        })?;
        Ok(String::from_utf8_lossy(fact).into_owned())
    };
    let manifest = Manifest {
        at,
        schema_version: facts.schema_version,
        readable_by: facts.readable_by,
        issuers: (issuer(PUBLIC_URL)?, issuer(ADMIN_URL)?),
        encrypted: key.is_some(),
        newest_seal: facts.newest_seal.as_ref().map(Manifest::seal_of),
        parts,
    };
    manifest.write(folder)?;
    Ok(manifest)
}

/// The size of the file that is made tells how far it is.
fn copy_with_progress(from: &Path, key: Option<SecretBytes>, to: &Path) -> Result<(), Stop> {
    let length = |path: &Path| fs::metadata(path).map_or(0, |facts| facts.len());
    let mut progress = Progress::new("copying", length(from), Unit::Bytes);
    std::thread::scope(|scope| {
        let copying = scope.spawn(|| copy_file(from, key, to));
        while !copying.is_finished() {
            progress.at(length(to));
            std::thread::sleep(Duration::from_millis(20));
        }
        copying.join()
    })
    .map_err(|_| Stop::failure("the copying thread broke"))?
    .map_err(|error| Stop::because("the database cannot be copied", &error))
}

/// The keys as this process is given them.
fn keys_of(
    settings: &Settings,
    folder: &DataFolder,
    database: Option<SecretBytes>,
) -> Result<Keys, Stop> {
    let master = match &settings.master_key {
        Some(text) => text.clone(),
        None => SecretText::new(folder.read(MASTER_KEY)?.ok_or_else(|| {
            Stop::failure(format!(
                "there is no master key at {}; give it with --master-key-file",
                folder.file(MASTER_KEY).display()
            ))
        })?),
    };
    Ok(Keys { master, database })
}

/// A key that does not open the copy would be found out on the worst of days.
pub(crate) fn check_master_key(text: &SecretText, facts: &CopiedFacts) -> Result<(), Stop> {
    let key = Aes256MasterKey::parse(text.expose())
        .map_err(|error| Stop::usage(format!("the master key is none: {error}")))?;
    if facts.fact(MASTER_KEY_CHECK) == Some(key.check_value().as_bytes().as_slice()) {
        return Ok(());
    }
    Err(Stop::failure(
        "the master key is not the one that this database was made with",
    ))
}

fn tell(folder: &Path, manifest: &Manifest) {
    let at = time::to_text(manifest.at);
    println!("copied          {}", folder.display());
    println!("as of           {at}");
    println!("issuer          {}", manifest.issuers.0);
    if let Some((number, _)) = manifest.newest_seal {
        println!("newest seal     {number}");
    }
    if manifest.encrypted {
        println!("database        encrypted, under the same database key as before");
    }
    if manifest.part(manifest::KEYS).is_some() {
        println!("keys            in the copy, sealed under the passphrase");
    } else if manifest.encrypted {
        println!("keys            NOT in the copy: keep the master key and the database key apart");
    } else {
        println!("keys            NOT in the copy: keep the master key apart");
    }
}

/// Where a copy is made, and where it stands in the end.
struct Target {
    partial: PathBuf,
    finished: PathBuf,
}

impl Target {
    fn new(out: Option<&Path>, at: Timestamp) -> Result<Self, Stop> {
        let finished = match out {
            None => PathBuf::from(name_at(at)),
            Some(path) if path.is_dir() => {
                if path.join(MANIFEST).exists() {
                    return Err(overwriting(path));
                }
                path.join(name_at(at))
            }
            Some(path) => path.to_owned(),
        };
        if finished.symlink_metadata().is_ok() {
            return Err(overwriting(&finished));
        }
        let name = finished
            .file_name()
            .ok_or_else(|| Stop::usage("--out names no folder"))?;
        let mut partial_name = std::ffi::OsString::from(".");
        partial_name.push(name);
        partial_name.push(".partial");
        let partial = finished.with_file_name(partial_name);
        // What a run left that was killed.
        let _ = fs::remove_dir_all(&partial);
        DirBuilder::new()
            .mode(0o700)
            .create(&partial)
            .map_err(|error| unwritten(&partial, &error))?;
        Ok(Self { partial, finished })
    }

    fn finish(&self) -> Result<(), Stop> {
        let finish = || -> io::Result<()> {
            File::open(&self.partial)?.sync_all()?;
            fs::rename(&self.partial, &self.finished)?;
            let parent = match self.finished.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            File::open(parent)?.sync_all()
        };
        finish().map_err(|error| unwritten(&self.finished, &error))
    }
}

/// `gatelodge-20261122T023608Z`
pub(crate) fn name_at(at: Timestamp) -> String {
    let text = time::to_text(at);
    let digits: String = text
        .split('.')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|character| !matches!(character, '-' | ':'))
        .collect();
    format!("gatelodge-{digits}Z")
}

fn overwriting(path: &Path) -> Stop {
    Stop::usage(format!(
        "{} is there already, and a copy overwrites nothing; give another --out",
        path.display()
    ))
}

fn unwritten(path: &Path, error: &io::Error) -> Stop {
    Stop::failure(format!(
        "{} cannot be written: {}",
        path.display(),
        chain(error)
    ))
}

/// A new file that only its owner may read.
fn new_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// The same with its content, durable.
fn write_private(path: &Path, content: &[u8]) -> Result<(), Stop> {
    let write = || -> io::Result<()> {
        let mut file = new_private(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(|error| unwritten(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_800_000_000_123);

    #[test]
    fn a_copy_goes_into_a_folder_or_takes_the_name_and_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let into = Target::new(Some(folder.path()), AT).unwrap();
        let named = folder.path().join("gatelodge-20270115T080000Z");
        assert_eq!(into.finished, named);
        into.finish().unwrap();
        assert!(
            Target::new(Some(folder.path()), AT).is_err(),
            "the same second"
        );

        let name = folder.path().join("nightly");
        let exact = Target::new(Some(&name), AT).unwrap();
        assert_eq!(exact.finished, name);
        fs::write(exact.partial.join(MANIFEST), "{}").unwrap();
        exact.finish().unwrap();
        assert!(Target::new(Some(&name), AT).is_err(), "a copy is there");
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(Target::new(Some(&folder.path().join("file")), AT).is_err());
    }
}
