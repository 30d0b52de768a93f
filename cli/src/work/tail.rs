//! Events as they happen: server-sent events (HTML Living Standard §9.2), one JSON value each.
//! A connection that ends is opened again where it ended.

use std::io::{BufRead as _, BufReader, Read};
use std::time::Duration;

use serde_json::Value;

use super::call::Call;
use crate::fault::Fault;
use crate::output::{Format, Table, note, one, print, width};
use crate::resources::columns;

const PAUSE: Duration = Duration::from_secs(2);

/// Shows what happens until somebody stops it.
pub(super) fn tail(call: &Call<'_>) -> Result<(), Fault> {
    let mut last: Option<String> = None;
    loop {
        let mut request = call.request()?.header("accept", "text/event-stream");
        if let Some(id) = &last {
            request = request.header("last-event-id", id);
        }
        match call.lodge.admin.open(&request) {
            Ok(opened) => {
                let format = call.lodge.globals.output;
                read(opened.body, &mut last, &mut |event| show(format, event))?;
            }
            Err(fault @ Fault::Failed(_)) if last.is_some() => {
                note(&format!("lodge: {fault}; trying again"));
            }
            Err(fault) => return Err(fault),
        }
        std::thread::sleep(PAUSE);
    }
}

fn show(format: Format, event: &Value) -> Result<(), Fault> {
    if format != Format::Table {
        let line = match format {
            Format::Yaml => Format::Yaml,
            _ => Format::Ndjson,
        };
        return one(line, event, &[]);
    }
    // One line each, without headings: nobody knows how wide the next one is.
    let table = Table::of(
        std::slice::from_ref(event),
        &columns("EventAnswer", &every(event)),
    );
    print(
        table
            .text(width())
            .split_once('\n')
            .map_or("", |(_, rows)| rows),
    )
}

fn every(event: &Value) -> Vec<crate::document::Field> {
    let names = event
        .as_object()
        .map(|members| members.keys().cloned().collect::<Vec<_>>());
    let field = |name: String| crate::document::Field {
        name,
        about: String::new(),
        required: false,
        default: None,
        shape: crate::document::Shape::Anything,
    };
    names.unwrap_or_default().into_iter().map(field).collect()
}

/// Reads events until the stream ends.
fn read(
    body: Box<dyn Read>,
    last: &mut Option<String>,
    each: &mut dyn FnMut(&Value) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut data = String::new();
    for line in BufReader::new(body).lines() {
        let Ok(line) = line else {
            return Ok(());
        };
        if line.is_empty() {
            if let Ok(event) = serde_json::from_str(&data) {
                each(&event)?;
            }
            data.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if !data.is_empty() {
                    data.push('\n');
                }
                data.push_str(value);
            }
            "id" => *last = Some(value.to_owned()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_they_come() {
        let stream = ": keep-alive\n\nid: 7\nevent: audit\ndata: {\"a\":\ndata: 1}\n\ndata:{\"b\":2}\n\ndata: {\"cut";
        let (mut seen, mut last) = (Vec::new(), None);
        read(Box::new(stream.as_bytes()), &mut last, &mut |event| {
            seen.push(event.clone());
            Ok(())
        })
        .unwrap();
        assert_eq!(
            seen,
            [serde_json::json!({"a": 1}), serde_json::json!({"b": 2})]
        );
        assert_eq!(last.as_deref(), Some("7"));
    }
}
