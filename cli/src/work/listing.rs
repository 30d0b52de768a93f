//! `list` and `get`.

use serde_json::Value;

use super::call::Call;
use super::{Progress, pages, watch};
use crate::command::{COLUMNS, LIMIT, WATCH, items as items_of};
use crate::document::Answer;
use crate::fault::Fault;
use crate::output::{Format, many, note, one, print};
use crate::resources::columns;

/// Lists everything, or as much as is asked for.
pub(super) fn list(call: &Call<'_>) -> Result<(), Fault> {
    let columns = shown_columns(call)?;
    if call.matches.get_flag(WATCH) {
        return watch::list(call, &columns);
    }
    if call.lodge.globals.output == Format::Ndjson {
        // Nothing is kept: a list may be longer than memory.
        return each_page(call, &mut |items| many(Format::Ndjson, items, &columns));
    }
    let mut progress = Progress::counting(&format!("reading {}s", call.resource.name));
    let mut all = Vec::new();
    each_page(call, &mut |items| {
        all.extend_from_slice(items);
        progress.at(all.len() as u64);
        Ok(())
    })?;
    if call.lodge.globals.output == Format::Table {
        call.lodge.names.put_people(call.lodge, &mut all);
    }
    drop(progress);
    if all.is_empty() && call.lodge.globals.output == Format::Table {
        note("Nothing there.");
        return Ok(());
    }
    many(call.lodge.globals.output, &all, &columns)
}

/// The pages of a call's list.
pub(super) fn each_page(
    call: &Call<'_>,
    each: &mut dyn FnMut(&[Value]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let limit = call
        .matches
        .try_get_one::<u64>(LIMIT)
        .ok()
        .flatten()
        .copied();
    pages(
        &call.lodge.admin,
        call.operation,
        &call.request()?,
        limit,
        each,
    )
}

/// Shows one thing.
pub(super) fn get(call: &Call<'_>) -> Result<(), Fault> {
    if call.matches.get_flag(WATCH) {
        return watch::get(call);
    }
    let mut value = call.lodge.admin.call(&call.request()?)?.json()?;
    let is_broken = value["whole"] == false;
    // A list with something beside it is a table with something below it.
    if call.lodge.globals.output == Format::Table
        && let (Some(items), Answer::One(schema)) =
            (value["items"].as_array(), &call.operation.answer)
    {
        if !items.is_empty() {
            let (name, fields) = items_of(call.lodge.document, schema);
            many(Format::Table, items, &columns(&name, &fields))?;
            print("\n")?;
        }
        if let Some(members) = value.as_object_mut() {
            members.remove("items");
        }
    }
    one(call.lodge.globals.output, &value, &first_fields(call))?;
    // What a check found is no success for a script.
    if is_broken {
        Err(Fault::Differs)
    } else {
        Ok(())
    }
}

/// The columns that were asked for, or the usual ones.
fn shown_columns(call: &Call<'_>) -> Result<Vec<String>, Fault> {
    let Answer::Page(page) = &call.operation.answer else {
        return Ok(Vec::new());
    };
    let (name, fields) = items_of(call.lodge.document, page);
    let asked = call.matches.try_get_many::<String>(COLUMNS).ok().flatten();
    let Some(asked) = asked else {
        return Ok(columns(&name, &fields));
    };
    let asked: Vec<String> = asked.cloned().collect();
    let is_there = |column: &&String| {
        let top = column.split('.').next().unwrap_or_default();
        fields.iter().any(|field| field.name == top)
    };
    if let Some(unknown) = asked.iter().find(|column| !is_there(column)) {
        let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        return Err(Fault::Usage(format!(
            "there is no column `{unknown}`; there are {}",
            known.join(", ")
        )));
    }
    Ok(asked)
}

/// The fields of one thing that come first.
pub(super) fn first_fields(call: &Call<'_>) -> Vec<String> {
    let Answer::One(schema) = &call.operation.answer else {
        return Vec::new();
    };
    let name = schema["$ref"].as_str().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    let name = name.strip_prefix("New").unwrap_or(name);
    let fields = call.lodge.document.fields(schema);
    let mut first: Vec<String> = columns(name, &fields)
        .into_iter()
        .filter(|column| !column.contains('.'))
        .collect();
    let shows_secret = fields.iter().any(|field| field.name == "client_secret");
    if shows_secret && !first.iter().any(|name| name == "client_secret") {
        first.insert(first.len().min(1), "client_secret".to_owned());
    }
    first
}
