//! Where a restored folder is made ready, and how it takes its place.
//!
//! Whatever happens before the last step leaves what was there. Into an empty folder (which may
//! be the root of a volume, and then cannot be renamed) the files are moved one by one, the
//! database last: a folder without it is still empty. A folder that is replaced is exchanged
//! with the new one in one step of the file system, and kept under another name.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use gatelodge_domain::Timestamp;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::cli::backup::name_at;
use crate::data_folder::{DataFolder, FolderLock, LOCK};
use crate::house::{DATABASE, MASTER_KEY};
use crate::stop::Stop;

/// The key of an encrypted database, where a copy brought it.
pub(super) const DATABASE_KEY: &str = "database.key";
/// The folder within an empty one.
const WITHIN: &str = ".restore.partial";

/// A place that nobody else uses, and the folder in which the new state is made.
pub(super) struct Landing {
    target: PathBuf,
    room: DataFolder,
    room_path: PathBuf,
    kept: Option<PathBuf>,
    _lock: FolderLock,
}

impl Landing {
    /// Takes the folder for this process; refused while a server runs in it, and when it holds
    /// something that may not be replaced.
    pub(super) fn prepare(target: &Path, replace: bool, at: Timestamp) -> Result<Self, Stop> {
        let folder = DataFolder::open(target)?;
        let lock = folder.lock()?;
        let (room_path, kept) = match first_inhabitant(target)? {
            None => (target.join(WITHIN), None),
            Some(_) if replace => {
                // By its real name: `data/` or a link has no parent of its own.
                let real = fs::canonicalize(target).map_err(|error| trouble(target, &error))?;
                (beside(&real, ".restore.partial")?, Some(aside(&real, at)?))
            }
            Some(name) => {
                return Err(Stop::usage(format!(
                    "the data folder {} is not empty (there is {name}); restore into a fresh one \
                     with --data-dir, or add --replace, which keeps the old one under another \
                     name",
                    target.display()
                )));
            }
        };
        // What a run left that was killed.
        let _ = fs::remove_dir_all(&room_path);
        DirBuilder::new()
            .mode(0o700)
            .create(&room_path)
            .map_err(|error| trouble(&room_path, &error))?;
        let target = match kept {
            Some(_) => fs::canonicalize(target).map_err(|error| trouble(target, &error))?,
            None => target.to_owned(),
        };
        Ok(Self {
            target,
            room: DataFolder::existing(&room_path),
            room_path,
            kept,
            _lock: lock,
        })
    }

    /// The folder in which the new state is made.
    pub(super) fn room(&self) -> &DataFolder {
        &self.room
    }

    /// The folder as it was; its keys may still be wanted.
    pub(super) fn old(&self) -> DataFolder {
        DataFolder::existing(&self.target)
    }

    /// Whether the folder is exchanged as a whole, so that nothing of the old one stays in it.
    pub(super) fn replaces(&self) -> bool {
        self.kept.is_some()
    }

    /// Puts the new state in its place; answers where the old one is kept.
    pub(super) fn land(self) -> Result<Option<PathBuf>, Stop> {
        let journal = self.room.file(&format!("{DATABASE}-wal"));
        if fs::metadata(&journal).is_ok_and(|journal| journal.len() > 0) {
            return Err(Stop::failure("the restored database was not closed well"));
        }
        let landed = match &self.kept {
            None => self.move_in(),
            Some(kept) => self.exchange(kept),
        };
        landed.map_err(|error| match error.kind() {
            io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => Stop::failure(format!(
                "{} cannot be exchanged as a whole, because it is a mount point; nothing was \
                     changed. Move what is in it elsewhere and restore into the empty folder",
                self.target.display()
            )),
            _ => trouble(&self.target, &error),
        })?;
        Ok(self.kept.clone())
    }

    /// The database last: until it is there, the folder counts as empty.
    fn move_in(&self) -> io::Result<()> {
        for name in [MASTER_KEY, DATABASE_KEY, DATABASE] {
            let (from, to) = (self.room.file(name), self.target.join(name));
            if from.exists() {
                File::open(&from)?.sync_all()?;
                fs::rename(from, to)?;
            }
        }
        File::open(&self.target)?.sync_all()?;
        fs::remove_dir_all(&self.room_path)
    }

    fn exchange(&self, kept: &Path) -> io::Result<()> {
        for entry in fs::read_dir(&self.room_path)? {
            let entry = entry?.path();
            let name = entry.file_name().unwrap_or_default().to_owned();
            if [MASTER_KEY, DATABASE_KEY, DATABASE]
                .iter()
                .any(|wanted| name == *wanted)
            {
                File::open(&entry)?.sync_all()?;
            } else {
                fs::remove_file(&entry)?;
            }
        }
        File::open(&self.room_path)?.sync_all()?;
        renameat_with(
            CWD,
            &self.room_path,
            CWD,
            &self.target,
            RenameFlags::EXCHANGE,
        )?;
        fs::rename(&self.room_path, kept)?;
        match self.target.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// The first file that makes a folder more than empty. Keys may wait in it for the database that
/// they open.
fn first_inhabitant(folder: &Path) -> Result<Option<String>, Stop> {
    let read = || -> io::Result<Option<String>> {
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let waits = [LOCK, MASTER_KEY, DATABASE_KEY, WITHIN, "lost+found"];
            if !waits.contains(&name.as_str()) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    };
    read().map_err(|error| trouble(folder, &error))
}

fn beside(folder: &Path, suffix: &str) -> Result<PathBuf, Stop> {
    let name = folder
        .file_name()
        .ok_or_else(|| Stop::usage("the data folder has no name"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(suffix);
    Ok(folder.with_file_name(hidden))
}

fn aside(folder: &Path, at: Timestamp) -> Result<PathBuf, Stop> {
    let name = folder
        .file_name()
        .ok_or_else(|| Stop::usage("the data folder has no name"))?;
    let mut kept = name.to_owned();
    kept.push(".before-");
    kept.push(name_at(at).trim_start_matches("gatelodge-"));
    let mut free = folder.with_file_name(&kept);
    let mut number = 1;
    // Two in one second, one of them perhaps killed.
    while free.exists() {
        number += 1;
        let mut numbered = kept.clone();
        numbered.push(format!("-{number}"));
        free = folder.with_file_name(numbered);
    }
    Ok(free)
}

fn trouble(path: &Path, error: &io::Error) -> Stop {
    Stop::failure(format!("{} cannot be used: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn furnished(landing: &Landing) {
        fs::write(landing.room().file(DATABASE), "new").unwrap();
        fs::write(landing.room().file(MASTER_KEY), "new key").unwrap();
    }

    #[test]
    fn until_it_lands_nothing_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("data");
        let landing = Landing::prepare(&target, false, AT).unwrap();
        furnished(&landing);
        drop(landing);
        // As if killed: the next try begins anew.
        assert!(!target.join(DATABASE).exists());
        let landing = Landing::prepare(&target, false, AT).unwrap();
        assert!(!landing.room().file(DATABASE).exists());
        furnished(&landing);
        assert_eq!(landing.land().unwrap(), None);
        assert_eq!(fs::read(target.join(DATABASE)).unwrap(), b"new");
        assert!(!target.join(WITHIN).exists());
    }

    #[test]
    fn a_folder_with_something_in_it_is_replaced_only_when_asked_for_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("data");
        fs::create_dir(&target).unwrap();
        fs::write(target.join(DATABASE), "old").unwrap();
        fs::write(target.join("gatelodge.db-wal"), "old log").unwrap();
        let refused = Landing::prepare(&target, false, AT)
            .map(|_| ())
            .unwrap_err();
        assert!(refused.to_string().contains("not empty"), "{refused}");
        let landing = Landing::prepare(&target, true, AT).unwrap();
        furnished(&landing);
        assert_eq!(fs::read(target.join(DATABASE)).unwrap(), b"old");
        let kept = landing.land().unwrap().unwrap();
        assert_eq!(fs::read(target.join(DATABASE)).unwrap(), b"new");
        assert!(!target.join("gatelodge.db-wal").exists());
        assert_eq!(fs::read(kept.join(DATABASE)).unwrap(), b"old");
        assert_eq!(fs::read(kept.join("gatelodge.db-wal")).unwrap(), b"old log");
        let again = Landing::prepare(&target, true, AT).unwrap();
        furnished(&again);
        let kept_too = again.land().unwrap().unwrap();
        assert_ne!(kept_too, kept, "in the same second");
    }

    #[test]
    fn a_folder_in_use_is_refused_with_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let held = DataFolder::open(folder.path()).unwrap().lock().unwrap();
        for replace in [false, true] {
            let refused = Landing::prepare(folder.path(), replace, AT);
            let refused = refused.map(|_| ()).unwrap_err().to_string();
            assert!(refused.contains("in use by process"), "{refused}");
        }
        drop(held);
    }
}
