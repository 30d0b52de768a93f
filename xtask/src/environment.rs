//! What a chore needs to know about where it runs: the repository, the target folder, the
//! cargo that started it. The one place in this program that reads environment variables.

use std::path::{Path, PathBuf};

use crate::steps::Failure;

/// The surroundings of this run.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The repository's root.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
    /// The cargo that runs us, so that all steps use one toolchain.
    pub(crate) cargo: PathBuf,
    path: Vec<PathBuf>,
    home: Option<PathBuf>,
}

impl Environment {
    /// Reads it once, at the start.
    pub(crate) fn read() -> Result<Self, Failure> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or_else(|| Failure::new("xtask/ has no parent folder"))?
            .to_path_buf();
        let target = match variable("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        let path = variable("PATH")
            .map(|list| std::env::split_paths(&list).collect())
            .unwrap_or_default();
        Ok(Self {
            root,
            target,
            cargo: variable("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from),
            path,
            home: variable("HOME").map(PathBuf::from),
        })
    }

    /// Where `program` is, if it is on the `PATH`.
    pub(crate) fn find(&self, program: &str) -> Option<PathBuf> {
        self.path
            .iter()
            .map(|folder| folder.join(program))
            .find(|candidate| candidate.is_file())
    }

    /// Whether we may install system packages: the owner of our own `/proc` entry is root.
    pub(crate) fn is_root(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        match std::fs::metadata("/proc/self") {
            Ok(process) => process.uid() == 0,
            Err(_) => self.home.as_deref() == Some(Path::new("/root")),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a chore has no settings of its own: cargo hands it everything by environment variables"
)]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
