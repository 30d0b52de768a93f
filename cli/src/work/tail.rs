//! Events as they happen: server-sent events (HTML Living Standard §9.2), one JSON value each.
//! A connection that ends is opened again where it ended.

use std::io::{BufRead as _, BufReader, Read};
use std::time::Duration;

use serde_json::Value;

use super::call::Call;
use super::pages;
use crate::document::Answer;
use crate::fault::Fault;
use crate::output::{Format, note, one, print, shortened, wide, width};

const PAUSE: Duration = Duration::from_secs(2);
/// So many events of before are shown first.
const AT_FIRST: u64 = 10;

/// Shows what happens until somebody stops it.
pub(super) fn tail(call: &Call<'_>) -> Result<(), Fault> {
    if matches!(call.operation.answer, Answer::Page(_)) {
        return poll(call);
    }
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

/// Asks for the newest events again and again, and shows those that were not there.
fn poll(call: &Call<'_>) -> Result<(), Fault> {
    let request = call.request()?;
    let mut newest: Option<u64> = None;
    loop {
        let mut fresh = Vec::new();
        let limit = newest.is_none().then_some(AT_FIRST);
        let seen = pages(
            &call.lodge.admin,
            call.operation,
            &request,
            limit,
            &mut |items| {
                for item in items {
                    if newest.is_some_and(|known| item["position"].as_u64() <= Some(known)) {
                        return Err(Fault::Closed);
                    }
                    fresh.push(item.clone());
                }
                Ok(())
            },
        );
        match seen {
            // What is older was shown.
            Ok(()) | Err(Fault::Closed) => {}
            Err(fault) => return Err(fault),
        }
        newest = fresh
            .first()
            .and_then(|item| item["position"].as_u64())
            .or(newest);
        // Reading the trail is in the trail: it would show itself for ever.
        let own = |item: &&Value| item["action"] == "audit.read";
        for event in fresh.iter().rev().filter(|item| !own(item)) {
            show(call.lodge.globals.output, event)?;
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
    let [at, action, outcome, actor, target] =
        ["at", "action", "outcome", "actor", "target"].map(|name| wide(&event[name]));
    let line = format!("{at:<20}  {action:<22}  {outcome:<7}  {actor}  {target}");
    print(&format!("{}\n", shortened(line.trim_end(), width())))
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
