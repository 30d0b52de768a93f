//! Passwords that an operator does not want, from a file of one a line.
//!
//! Lists of leaked passwords have millions of lines. Each entry is kept as the first 64 bits of
//! its SHA-256, sorted: eight bytes an entry, and one innocent password in 10¹² is taken for a
//! listed one when there are ten million. Case, width and composition are folded (NFKC and
//! lower case), because a guesser tries those first.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

/// The longest line that can be a password, in bytes, with room for its end.
const LONGEST_LINE: u64 = 4_096;

/// A set of passwords.
#[derive(Debug, Default)]
pub struct BlockList(Vec<u64>);

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableList {
    /// The file cannot be read.
    #[error("{path} cannot be read: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is no password.
    #[error("line {line} of {path} has more than 4096 bytes, which is no password")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
    },
}

impl BlockList {
    /// Reads a file of one password a line. Empty lines are skipped; bytes that are no UTF-8
    /// are replaced, because such lists have them.
    pub fn read(path: &Path) -> Result<Self, UnreadableList> {
        let unread = |source| UnreadableList::File {
            path: path.to_owned(),
            source,
        };
        let mut file = BufReader::new(File::open(path).map_err(unread)?);
        let mut entries = Vec::new();
        let mut bytes = Vec::new();
        for line in 1.. {
            bytes.clear();
            let mut limited = file.by_ref().take(LONGEST_LINE);
            if limited.read_until(b'\n', &mut bytes).map_err(unread)? == 0 {
                break;
            }
            if bytes.len() as u64 == LONGEST_LINE && bytes.last() != Some(&b'\n') {
                let path = path.to_owned();
                return Err(UnreadableList::Line { path, line });
            }
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end_matches(['\r', '\n']);
            if !text.is_empty() {
                entries.push(entry(text));
            }
        }
        entries.sort_unstable();
        entries.dedup();
        entries.shrink_to_fit();
        Ok(Self(entries))
    }

    /// How many passwords it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has that one, however it is written.
    pub(crate) fn has(&self, text: &str) -> bool {
        !self.0.is_empty() && self.0.binary_search(&entry(text)).is_ok()
    }
}

/// How a password is kept in the list.
fn entry(text: &str) -> u64 {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let digest: [u8; 32] = Sha256::digest(folded.as_bytes()).into();
    let (first, _) = digest.split_at(8);
    first
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn list(content: &[u8]) -> Result<BlockList, UnreadableList> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        BlockList::read(file.path())
    }

    #[test]
    fn case_width_and_composition_do_not_hide_a_listed_password() {
        let list = list("Hunter22\r\n\ncafe\u{301} au lait\nlast line".as_bytes()).unwrap();
        assert_eq!(list.len(), 3);
        for text in [
            "hunter22",
            "HUNTER22",
            "ｈｕｎｔｅｒ22",
            "CAFÉ AU LAIT",
            "last line",
        ] {
            assert!(list.has(text), "{text}");
        }
        for text in ["hunter2", "hunter222", "", "last line\n"] {
            assert!(!list.has(text), "{text}");
        }
    }

    #[test]
    fn a_list_of_any_bytes_is_read_and_a_line_without_an_end_is_not() {
        assert_eq!(list(b"\xff\xfe\nplain\n").unwrap().len(), 2);
        let refused = list(&[b'a'; 5_000]).unwrap_err().to_string();
        assert!(refused.starts_with("line 1 of"), "{refused}");
        assert!(BlockList::read(Path::new("/nonexistent/list")).is_err());
    }

    #[test]
    fn without_a_list_nothing_is_listed() {
        assert!(BlockList::default().is_empty());
        assert!(!BlockList::default().has("password"));
    }
}
