//! The data folder: who uses it, and the files in it that only its owner may read.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::stop::Stop;

/// The lock file.
pub(crate) const LOCK: &str = "gatelodge.lock";

/// The folder of a server's files.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder(PathBuf);

/// Held as long as the process uses the folder; the operating system lets go of it with the
/// process, however that ends.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl DataFolder {
    /// The folder, made (0700) where it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, Stop> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| trouble("the data folder", path, "made", &error))?;
        Ok(Self(path.to_owned()))
    }

    /// The folder as it is, for a command that only uses what a server made.
    pub(crate) fn existing(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Takes the folder for this process; refused with the pid of the one that has it.
    pub(crate) fn lock(&self) -> Result<FolderLock, Stop> {
        let path = self.file(LOCK);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        let mut file = opened.map_err(|error| trouble("the lock file", &path, "opened", &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                let folder = self.0.display();
                let pid = pid.trim();
                return Err(Stop::failure(format!(
                    "the data folder {folder} is in use by process {pid}; stop that one, or give \
                     this one another folder with --data-dir"
                )));
            }
            Err(TryLockError::Error(error)) => {
                return Err(trouble("the lock file", &path, "locked", &error));
            }
        }
        let write = |file: &mut File| -> io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(|error| trouble("the lock file", &path, "written", &error))?;
        Ok(FolderLock { _file: file })
    }

    /// Whether there is a file of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.file(name).exists()
    }

    /// The text of a file, if there is one.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, Stop> {
        let path = self.file(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(trouble("the file", &path, "read", &error)),
        }
    }

    /// Writes a file that only its owner may read, whole or not at all.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> Result<PathBuf, Stop> {
        let path = self.file(name);
        let fresh = self.file(&format!(".{name}.new"));
        let write = || -> io::Result<()> {
            self.remove(&format!(".{name}.new"));
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&fresh)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|error| trouble("the file", &path, "written", &error))?;
        Ok(path)
    }

    /// Makes an empty file that only its owner may read, where there is none.
    pub(crate) fn touch_private(&self, name: &str) -> Result<(), Stop> {
        let path = self.file(name);
        let made = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path);
        match made {
            Ok(_) => Ok(()),
            Err(error) => Err(trouble("the file", &path, "opened", &error)),
        }
    }

    /// Removes a file, if there is one.
    pub(crate) fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.file(name));
    }
}

fn trouble(what: &str, path: &Path, verb: &str, error: &io::Error) -> Stop {
    Stop::failure(format!(
        "{what} {} cannot be {verb}: {error}",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_second_holder_is_told_the_process_of_the_first() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&temporary.path().join("data")).unwrap();
        let held = folder.lock().unwrap();
        let refused = folder.lock().unwrap_err().to_string();
        let named = format!("process {}", std::process::id());
        assert!(refused.contains(&named), "{refused}");
        drop(held);
        assert!(folder.lock().is_ok());
    }

    #[test]
    fn a_private_file_is_for_its_owner_only_even_when_it_is_replaced() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(temporary.path()).unwrap();
        for text in ["one", "two"] {
            let path = folder.write_private("secret", text).unwrap();
            let mode = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            assert_eq!(folder.read("secret").unwrap().as_deref(), Some(text));
        }
        folder.remove("secret");
        assert_eq!(folder.read("secret").unwrap(), None);
    }
}
