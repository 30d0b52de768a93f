//! Profiles: one file each, which only its owner may read, written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::machine::SecretSource;
use crate::environment;
use crate::fault::Fault;

/// A signed-in person or machine. It holds tokens, so it cannot be printed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Profile {
    /// The server, which is also the issuer.
    pub(crate) admin_url: String,
    /// As which client.
    pub(crate) client_id: String,
    /// What was granted.
    pub(crate) scope: String,
    /// Who signed in, as far as is known.
    #[serde(default)]
    pub(crate) username: Option<String>,
    /// The access token.
    pub(crate) access_token: String,
    /// Until when it is good, in seconds since 1970.
    pub(crate) expires_at: u64,
    /// Buys the next one, for a person.
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
    /// Where a machine has its secret from.
    #[serde(default)]
    pub(crate) machine: Option<SecretSource>,
    /// Certificates of authorities, in the place of the system's.
    #[serde(default)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Whether http is fine beyond this machine.
    #[serde(default)]
    pub(crate) allow_insecure: bool,
}

/// The profiles of a person, and which of them is meant.
#[derive(Debug, Clone)]
pub(crate) struct Profiles {
    folder: PathBuf,
    name: String,
}

/// Held while a profile is read, used and written again; freed when dropped.
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock lives as long as the file")] File);

impl Profiles {
    /// The profile of that name.
    pub(crate) fn named(name: &str) -> Result<Self, Fault> {
        let fine = !name.is_empty()
            && name.len() <= 64
            && !name.starts_with('.')
            && name
                .bytes()
                .all(|one| one.is_ascii_alphanumeric() || b"-_.".contains(&one));
        if !fine {
            return Err(Fault::Usage(format!(
                "`{name}` is no name of a profile: use letters, digits, `-`, `_` and `.`"
            )));
        }
        let folder = environment::profiles().ok_or_else(|| {
            Fault::Failed("there is no home folder: set HOME or XDG_CONFIG_HOME".to_owned())
        })?;
        Ok(Self {
            folder,
            name: name.to_owned(),
        })
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.name))
    }

    /// What is in it; none where nobody has signed in.
    pub(crate) fn find(&self) -> Result<Option<Profile>, Fault> {
        let file = self.file();
        let open = match File::open(&file) {
            Ok(open) => open,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Fault::because(file.display(), &error)),
        };
        private(&file, &open)?;
        let read = serde_json::from_reader(std::io::BufReader::new(open));
        read.map(Some).map_err(|error| {
            let file = file.display();
            Fault::SignedOut(format!("{file} cannot be read ({error}); sign in again"))
        })
    }

    /// The same, where somebody must be signed in.
    pub(crate) fn get(&self) -> Result<Profile, Fault> {
        self.find()?.ok_or_else(|| self.nobody())
    }

    /// Nobody is signed in.
    pub(crate) fn nobody(&self) -> Fault {
        let with = if self.name == "default" {
            String::new()
        } else {
            format!(" --profile {}", self.name)
        };
        Fault::SignedOut(format!("nobody is signed in; use `lodge login{with}`"))
    }

    /// Writes it: a new file beside the old one, which then takes its name.
    pub(crate) fn save(&self, profile: &Profile) -> Result<(), Fault> {
        let wrong = |error: std::io::Error| Fault::because(self.folder.display(), &error);
        self.make_folder().map_err(wrong)?;
        let text = serde_json::to_vec_pretty(profile)
            .map_err(|error| Fault::because("the profile", &error))?;
        let beside = self
            .folder
            .join(format!(".{}.{}.new", self.name, std::process::id()));
        // What a killed process of the same number left behind.
        let _ = std::fs::remove_file(&beside);
        let mut file = private_options()
            .create_new(true)
            .open(&beside)
            .map_err(wrong)?;
        let written = file
            .write_all(&text)
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::rename(&beside, self.file()));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written.map_err(wrong)
    }

    /// Removes it. Whether there was one.
    pub(crate) fn delete(&self) -> Result<bool, Fault> {
        let _ = std::fs::remove_file(self.lock_file());
        match std::fs::remove_file(self.file()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Fault::because(self.file().display(), &error)),
        }
    }

    /// Waits until no other `lodge` works on it: two that refresh at once would look to the
    /// server like a thief and their victim.
    pub(crate) fn lock(&self) -> Result<Lock, Fault> {
        let wrong = |error: std::io::Error| Fault::because(self.lock_file().display(), &error);
        self.make_folder().map_err(wrong)?;
        let file = private_options()
            .create(true)
            .truncate(false)
            .open(self.lock_file())
            .map_err(wrong)?;
        file.lock().map_err(wrong)?;
        Ok(Lock(file))
    }

    fn lock_file(&self) -> PathBuf {
        self.folder.join(format!(".{}.lock", self.name))
    }

    fn make_folder(&self) -> std::io::Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder)
    }
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Refuses a file that others can read or that somebody else put there.
#[cfg(unix)]
fn private(path: &Path, file: &File) -> Result<(), Fault> {
    use std::os::unix::fs::MetadataExt as _;
    let facts = file
        .metadata()
        .map_err(|error| Fault::because(path.display(), &error))?;
    let path = path.display();
    if facts.mode() & 0o077 != 0 {
        return Err(Fault::Failed(format!(
            "{path} holds tokens, and others may read it (mode {:03o}): run `chmod 600 {path}`, \
             and sign in again if they may have",
            facts.mode() & 0o777
        )));
    }
    if facts.uid() != rustix::process::geteuid().as_raw() {
        return Err(Fault::Failed(format!("{path} belongs to somebody else")));
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_: &Path, _: &File) -> Result<(), Fault> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(folder: &Path) -> Profiles {
        Profiles {
            folder: folder.join("lodge"),
            name: "default".to_owned(),
        }
    }

    fn profile() -> Profile {
        Profile {
            admin_url: "https://id.example".to_owned(),
            client_id: "lodge".to_owned(),
            scope: "admin".to_owned(),
            username: None,
            access_token: "a".to_owned(),
            expires_at: 1,
            refresh_token: Some("r".to_owned()),
            machine: None,
            ca_file: None,
            allow_insecure: false,
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_profile_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::TempDir::new().unwrap();
        let profiles = profiles(folder.path());
        assert!(profiles.find().unwrap().is_none());
        assert_eq!(profiles.get().err().unwrap().status(), 3);
        profiles.save(&profile()).unwrap();
        profiles.save(&profile()).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&profiles.file()), 0o600);
        assert_eq!(mode(&profiles.folder), 0o700);
        assert_eq!(profiles.get().unwrap().refresh_token.as_deref(), Some("r"));
        let left = std::fs::read_dir(&profiles.folder).unwrap().count();
        assert_eq!(left, 1, "nothing lies beside it");

        let open = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(profiles.file(), open).unwrap();
        let fault = profiles.get().err().unwrap().to_string();
        assert!(fault.contains("chmod 600"), "{fault}");
        assert!(profiles.delete().unwrap());
        assert!(!profiles.delete().unwrap());
    }

    #[test]
    fn names_of_profiles_stay_in_their_folder() {
        for name in ["", "..", ".x", "a/b", "a b", "ä"] {
            assert!(Profiles::named(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_lock_is_held_by_one_at_a_time() {
        let folder = tempfile::TempDir::new().unwrap();
        let profiles = profiles(folder.path());
        let held = profiles.lock().unwrap();
        let other = File::open(profiles.lock_file()).unwrap();
        assert!(other.try_lock().is_err());
        drop(held);
        assert!(other.try_lock().is_ok());
    }
}
