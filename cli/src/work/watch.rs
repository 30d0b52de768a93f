//! `--watch`: the same question again and again, and what is new in the answer. A server that is
//! away for a while, as when it is upgraded, is waited for once it has answered.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use super::call::Call;
use super::listing::{each_page, first_fields};
use crate::command::INTERVAL;
use crate::fault::Fault;
use crate::http::Request;
use crate::output::{Format, many, note, one, out_is_terminal, print};
use crate::resources::identity;

const EVERY: u64 = 2;
/// To the first line, and nothing below.
const CLEAR: &str = "\x1b[H\x1b[2J";

fn pause(call: &Call<'_>) {
    let seconds = call.matches.get_one::<u64>(INTERVAL).copied();
    std::thread::sleep(Duration::from_secs(seconds.unwrap_or(EVERY)));
}

/// Tells of a server that does not answer any more, and waits before it is asked again.
fn wait_for(call: &Call<'_>, fault: Fault, has_answered: bool) -> Result<(), Fault> {
    match fault {
        Fault::Failed(why) if has_answered => {
            note(&format!("lodge: {why}; trying again"));
            pause(call);
            Ok(())
        }
        other => Err(other),
    }
}

/// A table at a terminal is drawn anew; everything else gets the items that are new or
/// different, and a line for what is gone.
pub(super) fn list(call: &Call<'_>, columns: &[String]) -> Result<(), Fault> {
    let redraws = call.lodge.globals.output == Format::Table && out_is_terminal();
    let mut known: Option<Vec<Value>> = None;
    loop {
        let mut all = Vec::new();
        let listed = each_page(call, &mut |items| {
            all.extend_from_slice(items);
            Ok(())
        });
        if let Err(fault) = listed {
            wait_for(call, fault, known.is_some())?;
            continue;
        }
        if known.as_ref() != Some(&all) {
            if redraws {
                let mut shown = all.clone();
                call.lodge.names.put_people(call.lodge, &mut shown);
                print(CLEAR)?;
                many(Format::Table, &shown, columns)?;
            } else {
                let news = news(known.as_deref().unwrap_or_default(), &all);
                for item in news {
                    if call.lodge.globals.output == Format::Yaml {
                        print("---\n")?;
                    }
                    one(line_format(call.lodge.globals.output), &item, &[])?;
                }
            }
        }
        known = Some(all);
        pause(call);
    }
}

/// Lines go on; a table or a document does not.
const fn line_format(asked: Format) -> Format {
    match asked {
        Format::Yaml => Format::Yaml,
        Format::Table | Format::Json | Format::Ndjson => Format::Ndjson,
    }
}

/// What is new or different, and what is gone as `{"gone": …}`.
fn news(before: &[Value], now: &[Value]) -> Vec<Value> {
    let by_name = |items: &[Value]| -> HashMap<String, Value> {
        let named = items
            .iter()
            .filter_map(|item| Some((identity(item)?.to_owned(), item.clone())));
        named.collect()
    };
    let (old, new) = (by_name(before), by_name(now));
    let changed = now.iter().filter(|item| match identity(item) {
        Some(name) => old.get(name) != Some(item),
        None => !before.contains(item),
    });
    let gone = before
        .iter()
        .filter_map(identity)
        .filter(|name| !new.contains_key(*name));
    changed
        .cloned()
        .chain(gone.map(|name| serde_json::json!({ "gone": name })))
        .collect()
}

/// One thing, each time that it changes.
pub(super) fn get(call: &Call<'_>) -> Result<(), Fault> {
    let asked = call.request()?;
    let first = first_fields(call);
    let (mut known, mut etag): (Option<Value>, Option<String>) = (None, None);
    loop {
        let mut request: Request = asked.clone();
        if let Some(etag) = &etag {
            request = request.header("if-none-match", etag);
        }
        let reply = match call.lodge.admin.send(&request) {
            Ok(reply) => reply,
            Err(fault) => {
                wait_for(call, fault, known.is_some())?;
                continue;
            }
        };
        if reply.status != 304 {
            let reply = reply.accepted()?;
            etag.clone_from(&reply.etag);
            let value = reply.json()?;
            if known.as_ref() != Some(&value) {
                if call.lodge.globals.output == Format::Table && out_is_terminal() {
                    print(CLEAR)?;
                }
                one(call.lodge.globals.output, &value, &first)?;
                known = Some(value);
            }
        }
        pause(call);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changed_is_news() {
        let before = [
            json!({"id": "a", "n": 1}),
            json!({"id": "b"}),
            json!({"id": "c"}),
        ];
        let now = [
            json!({"id": "a", "n": 2}),
            json!({"id": "b"}),
            json!({"id": "d"}),
        ];
        assert_eq!(
            news(&before, &now),
            [
                json!({"id": "a", "n": 2}),
                json!({"id": "d"}),
                json!({"gone": "c"})
            ]
        );
        assert!(news(&now, &now).is_empty());
    }
}
