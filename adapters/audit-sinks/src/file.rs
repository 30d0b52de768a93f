//! A file to which every record is appended as a line, made durable with each batch.
//!
//! A file that was moved away or removed (logrotate) is noticed before the next batch, and a new
//! one is begun. A batch that was only half written, or whose cursor was lost, comes again: the
//! half line is cut off, and lines of the batch that are there already are not written twice.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use gatelodge_ports::{AuditSink, SinkError, SinkRecord};

use crate::watched::watched;

/// How much of a file is read at a time, from its end, to find its last lines.
const STEP: u64 = 4_096;
/// A batch may end with a seal, and come again with another one.
const LOOKED_AT: usize = 2;

/// Appends to a file.
pub struct FileSink {
    path: PathBuf,
    /// The open file; `None` when it is to be opened anew.
    open: Arc<Mutex<Option<File>>>,
}

impl FileSink {
    /// At that path. The file is made when it is needed, readable by its owner only; one that
    /// is there keeps its mode.
    pub fn new(path: &Path) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            open: Arc::default(),
        })
    }
}

#[async_trait]
impl AuditSink for FileSink {
    fn name(&self) -> &'static str {
        "file"
    }

    async fn deliver(&self, records: &[SinkRecord]) -> Result<(), SinkError> {
        let (path, open) = (self.path.clone(), self.open.clone());
        let lines: Vec<String> = records.iter().map(|record| record.json.clone()).collect();
        let shown = path.display().to_string();
        let written = async {
            match tokio::task::spawn_blocking(move || append(&path, &open, &lines)).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(SinkError(format!("{shown}: {error}"))),
                Err(error) => Err(SinkError(format!("{shown}: {error}"))),
            }
        };
        watched(self.name(), records, written).await
    }
}

fn append(path: &Path, open: &Mutex<Option<File>>, lines: &[String]) -> io::Result<()> {
    let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = match open.take() {
        Some(file) if is_still_at(&file, path)? => Some(file),
        Some(_) | None => None,
    };
    let (mut file, lines) = if let Some(file) = kept {
        (file, lines)
    } else {
        let mut file = begin(path)?;
        let last = last_lines(&mut file)?;
        let is_there = |line: &String| last.iter().any(|last| last == line.as_bytes());
        let there = lines.iter().rposition(is_there);
        (file, &lines[there.map_or(0, |at| at + 1)..])
    };
    let mut all = Vec::new();
    for line in lines {
        all.extend_from_slice(line.as_bytes());
        all.push(b'\n');
    }
    file.write_all(&all)?;
    file.sync_data()?;
    // After an error it is opened anew, and its end looked at.
    *open = Some(file);
    Ok(())
}

#[cfg(unix)]
fn same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn same(_: &Metadata, _: &Metadata) -> bool {
    false
}

fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(there) => Ok(same(&there, &file.metadata()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn begin(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The last whole lines, newest first: as many as a batch may have after its last event, and one
/// more. What follows the last line end was not written to its end, and is cut off.
fn last_lines(file: &mut File) -> io::Result<Vec<Vec<u8>>> {
    let mut from = file.metadata()?.len();
    let mut tail = Vec::new();
    // One end more than lines: what comes first may have lost its beginning.
    while from > 0 && tail.split(|byte| *byte == b'\n').count() <= LOOKED_AT + 1 {
        let step = from.min(STEP);
        from -= step;
        file.seek(SeekFrom::Start(from))?;
        let mut before = Vec::new();
        let _read = (&*file).take(step).read_to_end(&mut before)?;
        before.append(&mut tail);
        tail = before;
    }
    let whole = tail.iter().rposition(|byte| *byte == b'\n');
    let whole = whole.map_or(0, |end| end + 1);
    if whole < tail.len() {
        file.set_len(from + whole as u64)?;
    }
    let lines = tail[..whole].split(|byte| *byte == b'\n').rev().skip(1);
    Ok(lines.take(LOOKED_AT).map(<[u8]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use gatelodge_domain::audit::Outcome;

    use super::*;
    use crate::samples::event;

    fn records(positions: core::ops::Range<u64>) -> Vec<SinkRecord> {
        positions
            .map(|position| event(position, Outcome::Success))
            .collect()
    }

    fn lines(path: &Path) -> Vec<String> {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(str::to_owned).collect()
    }

    fn expected(positions: core::ops::Range<u64>) -> Vec<String> {
        records(positions)
            .into_iter()
            .map(|record| record.json)
            .collect()
    }

    #[tokio::test]
    async fn every_record_is_a_line_of_the_owners_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.ndjson");
        let sink = FileSink::new(&path);
        sink.deliver(&records(1..4)).await.unwrap();
        sink.deliver(&records(4..6)).await.unwrap();
        assert_eq!(lines(&path), expected(1..6));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn a_file_that_was_moved_away_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("audit"), folder.path().join("audit.1"));
        let sink = FileSink::new(&path);
        sink.deliver(&records(1..3)).await.unwrap();
        fs::rename(&path, &old).unwrap();
        sink.deliver(&records(3..5)).await.unwrap();
        assert_eq!(lines(&old), expected(1..3));
        assert_eq!(lines(&path), expected(3..5));
        fs::remove_file(&path).unwrap();
        sink.deliver(&records(5..6)).await.unwrap();
        assert_eq!(lines(&path), expected(5..6));
    }

    #[tokio::test]
    async fn a_batch_that_comes_again_is_not_written_twice_and_a_half_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit");
        FileSink::new(&path).deliver(&records(1..4)).await.unwrap();
        // The process dies in the middle of the next batch, and its cursor stays behind.
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(format!("{}\n{{\"posi", event(4, Outcome::Success).json).as_bytes())
            .unwrap();
        FileSink::new(&path).deliver(&records(1..7)).await.unwrap();
        assert_eq!(lines(&path), expected(1..7));
        // Lines longer than a step of reading, and a file with half a line only.
        let long = SinkRecord {
            json: "x".repeat(10_000),
            ..event(7, Outcome::Success)
        };
        let sink = FileSink::new(&path);
        sink.deliver(core::slice::from_ref(&long)).await.unwrap();
        FileSink::new(&path).deliver(&[long]).await.unwrap();
        assert_eq!(lines(&path).len(), 7);
        fs::write(&path, "half").unwrap();
        FileSink::new(&path).deliver(&records(1..2)).await.unwrap();
        assert_eq!(lines(&path), expected(1..2));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_is_an_error_and_not_a_loss() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("away");
        let sink = FileSink::new(&inside.join("audit"));
        assert!(sink.deliver(&records(1..3)).await.is_err());
        fs::create_dir(&inside).unwrap();
        sink.deliver(&records(1..3)).await.unwrap();
        assert_eq!(lines(&inside.join("audit")), expected(1..3));
    }
}
