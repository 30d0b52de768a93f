//! Bulk work: lines of JSON sent from a file, and texts written as they come.

use std::fs::File;
use std::io::{Read, Write};

use serde_json::Value;

use super::Progress;
use super::call::Call;
use crate::command::{CONTENT, OUT};
use crate::document::Answer;
use crate::fault::Fault;
use crate::output::{note, one};

const CHUNK: usize = 64 << 10;

/// Counts what is read through it.
struct Counted<R> {
    inner: R,
    read: u64,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        self.progress.at(self.read);
        Ok(count)
    }
}

/// Sends a file and shows the report.
pub(super) fn upload(call: &Call<'_>) -> Result<(), Fault> {
    let path = call
        .matches
        .get_one::<String>(CONTENT)
        .cloned()
        .unwrap_or_default();
    let wrong = |error: std::io::Error| Fault::Usage(format!("{path}: {error}"));
    let what = format!("sending {path}");
    let (content, progress): (Box<dyn Read>, Progress) = if path == "-" {
        (Box::new(std::io::stdin()), Progress::counting("sending"))
    } else {
        let file = File::open(&path).map_err(wrong)?;
        let size = file.metadata().map_err(wrong)?.len();
        (Box::new(file), Progress::of_bytes(&what, size))
    };
    let mut content = Counted {
        inner: content,
        read: 0,
        progress,
    };
    let mut request = call.request()?;
    let media = call.operation.body.as_ref().map(|body| body.media.clone());
    request = request.header("content-type", &media.unwrap_or_default());
    let reply = call.lodge.admin.stream(&request, &mut content)?;
    drop(content);
    if reply.body.is_empty() {
        return Ok(());
    }
    let report = reply.json()?;
    one(call.lodge.globals.output, &report, &[])?;
    // A report that names failures is no success for a script.
    let failed = report["failed"]
        .as_u64()
        .or_else(|| report["rejected"].as_u64());
    if failed.is_some_and(|count| count > 0) || !no_errors(&report) {
        return Err(Fault::Partly);
    }
    Ok(())
}

fn no_errors(report: &Value) -> bool {
    report["errors"].as_array().is_none_or(Vec::is_empty)
}

/// Writes a text as it comes, to a file that only its owner may read.
pub(super) fn download(call: &Call<'_>) -> Result<(), Fault> {
    let Answer::Text = &call.operation.answer else {
        return Err(Fault::Failed("there is nothing to write".to_owned()));
    };
    let mut opened = call.lodge.admin.open(&call.request()?)?;
    let file = call.matches.get_one::<String>(OUT);
    let Some(path) = file else {
        let mut out = std::io::stdout().lock();
        return copied(&mut *opened.body, &mut out, None).map(|_| ());
    };
    let wrong = |error: std::io::Error| Fault::Failed(format!("{path}: {error}"));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(path).map_err(wrong)?;
    let progress = Progress::counting("reading, in bytes");
    let bytes = copied(&mut *opened.body, &mut out, Some(progress))?;
    out.sync_all().map_err(wrong)?;
    note(&format!("{bytes} bytes are in {path}"));
    Ok(())
}

fn copied(
    from: &mut dyn Read,
    to: &mut dyn Write,
    mut progress: Option<Progress>,
) -> Result<u64, Fault> {
    let mut buffer = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let count = from
            .read(&mut buffer)
            .map_err(|error| Fault::because("the answer broke off", &error))?;
        if count == 0 {
            break;
        }
        let part = buffer.get(..count).unwrap_or_default();
        to.write_all(part).map_err(|error| match error.kind() {
            std::io::ErrorKind::BrokenPipe => Fault::Closed,
            _ => Fault::because("writing", &error),
        })?;
        bytes += count as u64;
        if let Some(progress) = &mut progress {
            progress.at(bytes);
        }
    }
    to.flush()
        .map_err(|error| Fault::because("writing", &error))?;
    Ok(bytes)
}
