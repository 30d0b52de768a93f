//! The repository as the tests see it: its root and its text files, without what is built,
//! installed or stored there.

use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours, wherever they stand (as in `.gitignore`).
const NOT_OURS: [&str; 6] = [
    ".git",
    "target",
    "data",
    "node_modules",
    ".venv",
    "__pycache__",
];

/// A text file of the repository.
#[derive(Debug)]
pub struct File {
    /// Path from the root, with `/`.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// The root folder of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Every text file under `folder` (a path from the root, or nothing for the whole), in order.
/// Files that are not UTF-8 are no text and are left out.
pub fn files(folder: &str) -> std::io::Result<Vec<File>> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if !NOT_OURS.iter().any(|name| entry.file_name() == *name) {
                    folders.push(path);
                }
            } else if kind.is_file()
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                let path = path.strip_prefix(&root).unwrap_or(&path);
                found.push(File {
                    path: path.to_string_lossy().replace('\\', "/"),
                    text,
                });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// The files under `folder` with this extension.
pub fn files_with_extension(folder: &str, extension: &str) -> std::io::Result<Vec<File>> {
    let mut files = files(folder)?;
    files.retain(|file| {
        Path::new(&file.path)
            .extension()
            .is_some_and(|found| found == extension)
    });
    Ok(files)
}
