//! Bulk work: lines of JSON sent from a file, and texts written as they come.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};

use serde_json::{Map, Value, json};

use super::Progress;
use super::call::Call;
use crate::command::{CONTENT, OUT};
use crate::document::Answer;
use crate::fault::Fault;
use crate::http::Reply;
use crate::output::{Format, many, note, one, print, wide};

const CHUNK: usize = 64 << 10;
/// Lines of one request: few enough to see it move, many enough to be quick.
const TOGETHER: u64 = 2_000;

/// What became of everything that was sent.
#[derive(Default)]
struct Report {
    lines: Vec<Value>,
    summary: Map<String, Value>,
    complete: bool,
}

/// Sends a file in parts and shows the report: of people the lines that were refused, of
/// programs every line.
pub(super) fn upload(call: &Call<'_>) -> Result<(), Fault> {
    let path = call
        .matches
        .get_one::<String>(CONTENT)
        .cloned()
        .unwrap_or_default();
    let wrong = |error: std::io::Error| Fault::Usage(format!("{path}: {error}"));
    let (content, mut progress): (Box<dyn Read>, Progress) = if path == "-" {
        (
            Box::new(std::io::stdin()),
            Progress::counting_bytes("sending"),
        )
    } else {
        let file = File::open(&path).map_err(wrong)?;
        let size = file.metadata().map_err(wrong)?.len();
        (
            Box::new(file),
            Progress::of_bytes(&format!("sending {path}"), size),
        )
    };
    let mut content = BufReader::new(content);
    let mut report = Report {
        complete: true,
        ..Report::default()
    };
    let (mut sent, mut lines) = (0, 0);
    loop {
        let (part, count) = part(&mut content).map_err(wrong)?;
        if count == 0 {
            break;
        }
        sent += part.len() as u64;
        report.add(&send(call, part)?, lines);
        lines += count;
        progress.at(sent);
        if !report.complete {
            break;
        }
    }
    drop(progress);
    report.show(call)
}

fn send(call: &Call<'_>, part: Vec<u8>) -> Result<Reply, Fault> {
    let mut request = call.request()?;
    let media = call.operation.body.as_ref().map(|body| body.media.clone());
    request.body = Some((media.unwrap_or_default(), part));
    call.lodge.admin.call_patiently(&request)
}

/// The next whole lines, and how many.
fn part(content: &mut impl BufRead) -> std::io::Result<(Vec<u8>, u64)> {
    let (mut part, mut lines) = (Vec::new(), 0);
    while lines < TOGETHER && content.read_until(b'\n', &mut part)? > 0 {
        lines += 1;
    }
    if part.last().is_some_and(|last| *last != b'\n') {
        part.push(b'\n');
    }
    Ok((part, lines))
}

impl Report {
    /// Adds what became of a part that began after so many lines.
    fn add(&mut self, reply: &Reply, before: u64) {
        for line in reply.body.split(|byte| *byte == b'\n') {
            let Ok(mut said) = serde_json::from_slice::<Value>(line) else {
                continue;
            };
            if let Some(summary) = said["summary"].as_object().cloned() {
                self.complete &= summary.get("complete") != Some(&Value::Bool(false));
                self.sum(summary);
                if !said["problem"].is_null() {
                    self.lines.push(said);
                }
                continue;
            }
            if let Some(number) = said["line"].as_u64() {
                said["line"] = (number + before).into();
            }
            self.lines.push(said);
        }
    }

    fn sum(&mut self, summary: Map<String, Value>) {
        for (name, value) in summary {
            let total = match (
                self.summary.get(&name).and_then(Value::as_u64),
                value.as_u64(),
            ) {
                (Some(before), Some(more)) => (before + more).into(),
                _ => value,
            };
            self.summary.insert(name, total);
        }
    }

    fn show(self, call: &Call<'_>) -> Result<(), Fault> {
        let refused = self.lines.iter().filter(|line| !line["problem"].is_null());
        let failed = !self.complete || refused.clone().next().is_some();
        let summary = Value::Object(self.summary);
        match call.lodge.globals.output {
            Format::Table => {
                let text: String = refused.map(explained).collect();
                print(&text)?;
                one(Format::Table, &summary, &[])?;
            }
            Format::Ndjson => {
                many(Format::Ndjson, &self.lines, &[])?;
                one(Format::Ndjson, &json!({ "summary": summary }), &[])?;
            }
            other => {
                let whole = json!({ "lines": self.lines, "summary": summary });
                one(other, &whole, &[])?;
            }
        }
        // A report that names failures is no success for a script.
        if failed { Err(Fault::Partly) } else { Ok(()) }
    }
}

/// Why a line was refused, on one line.
fn explained(line: &Value) -> String {
    let problem = &line["problem"];
    let detail = wide(&problem["detail"]);
    let field = problem["field"].as_str().map(|field| format!("{field}: "));
    let place = line["line"]
        .as_u64()
        .map_or_else(String::new, |number| format!("line {number}: "));
    format!("{place}{}{detail}\n", field.unwrap_or_default())
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
    let progress = Progress::counting_bytes("reading");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_lines_and_their_reports_are_one() {
        let text = "a\n".repeat(2_000) + "b";
        let mut content = text.as_bytes();
        let (first, lines) = part(&mut content).unwrap();
        assert_eq!((first.len(), lines), (4_000, TOGETHER));
        assert_eq!(part(&mut content).unwrap(), (b"b\n".to_vec(), 1));
        assert_eq!(part(&mut content).unwrap().1, 0);

        let reply = |body: &str| Reply {
            status: 200,
            etag: None,
            body: body.as_bytes().to_vec(),
        };
        let mut report = Report {
            complete: true,
            ..Report::default()
        };
        let first = "{\"line\":1,\"result\":\"created\"}\n{\"summary\":{\"created\":1,\"refused\":0,\"complete\":true}}\n";
        report.add(&reply(first), 0);
        let second = "{\"line\":1,\"problem\":{\"detail\":\"taken\",\"field\":\"username\"}}\n{\"summary\":{\"created\":2,\"refused\":1,\"complete\":true}}";
        report.add(&reply(second), 2_000);
        assert_eq!(report.summary["created"], 3);
        assert_eq!(report.summary["complete"], true);
        assert_eq!(explained(&report.lines[1]), "line 2001: username: taken\n");
    }
}
