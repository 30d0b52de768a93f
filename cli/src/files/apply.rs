//! `lodge apply`: makes it so, and says so. A second time it changes nothing.

use std::time::{Duration, SystemTime};

use clap::ArgMatches;
use serde_json::{Map, Value};

use super::compare::compare;
use super::diff::{show, wanted};
use super::kinds::{Kind, find, kinds};
use super::plan::{Action, Step, changeable};
use super::secrets;
use crate::fault::Fault;
use crate::http::{Request, segment};
use crate::output::{Format, can_ask, confirmed, note, print};
use crate::session::unguessable;
use crate::work::{Lodge, Progress};

const INTERVAL: u64 = 60;
const LOOK: Duration = Duration::from_secs(1);

/// Applies once, or goes on.
pub(crate) fn apply(lodge: &Lodge<'_>, matches: &ArgMatches) -> Result<(), Fault> {
    if matches.get_flag("dry-run") {
        let steps = wanted(lodge, matches)?;
        show(lodge.globals.output, &steps)?;
        note(&format!("Nothing was done: {}", tally(&steps)));
        return Ok(());
    }
    let mut outcome = once(lodge, matches);
    if !matches.get_flag("watch") {
        return outcome;
    }
    loop {
        match outcome {
            Ok(()) => {}
            // A file may be half written, and a server away for a moment.
            Err(Fault::SignedOut(why)) => return Err(Fault::SignedOut(why)),
            Err(Fault::Closed) => return Ok(()),
            Err(fault) => note(&format!("lodge: {fault}")),
        }
        wait(matches);
        outcome = once(lodge, matches);
    }
}

/// Until a file changes, or the interval is over.
fn wait(matches: &ArgMatches) {
    let seconds = matches
        .get_one::<u64>("interval")
        .copied()
        .unwrap_or(INTERVAL);
    let before = signature(matches);
    for _ in 0..seconds {
        std::thread::sleep(LOOK);
        if signature(matches) != before {
            return;
        }
    }
}

/// Names, sizes and times of the files.
fn signature(matches: &ArgMatches) -> Vec<(std::path::PathBuf, u64, Option<SystemTime>)> {
    let mut found = Vec::new();
    for path in matches.get_many::<String>("files").into_iter().flatten() {
        let inside = std::fs::read_dir(path).into_iter().flatten().flatten();
        let files = inside.map(|entry| entry.path());
        for file in files.chain([path.into()]) {
            if let Ok(facts) = std::fs::metadata(&file) {
                found.push((file, facts.len(), facts.modified().ok()));
            }
        }
    }
    found.sort_unstable();
    found
}

fn once(lodge: &Lodge<'_>, matches: &ArgMatches) -> Result<(), Fault> {
    let steps = wanted(lodge, matches)?;
    // Every secret that is needed is there, or nothing is done.
    for step in &steps {
        if matches!(step.action, Action::Create) {
            for (_, from) in &step.object.secrets {
                from.secret()
                    .map_err(|fault| Fault::Usage(format!("{}: {fault}", step.object.place)))?;
            }
        }
    }
    let deletes = |step: &&Step| matches!(step.action, Action::Delete);
    let goes_on = matches.get_flag("watch") || matches.get_flag("yes");
    if can_ask() && !goes_on && steps.iter().any(|step| deletes(&step)) {
        for step in steps.iter().filter(deletes) {
            note(step.text().trim_end());
        }
        if !confirmed("delete these: is that meant? [y/N] ")? {
            return Err(Fault::Failed("nothing was done".to_owned()));
        }
    }
    let overlap = matches.get_one::<u64>("secret-overlap").copied();
    let overlap = overlap.unwrap_or(0);
    let kinds = kinds(lodge.document);
    let busy: Vec<&Step> = steps.iter().filter(|step| step.does_something()).collect();
    let mut progress = Progress::of("applying", busy.len() as u64);
    let mut failed = 0;
    for (number, step) in busy.iter().enumerate() {
        progress.at(number as u64);
        match carry_out(lodge, find(&kinds, &step.object.kind)?, step, overlap) {
            // Whoever stops reading does not stop the work.
            Ok(()) if lodge.globals.output == Format::Table => {
                progress.aside(|| drop(print(&step.text())));
            }
            Ok(()) => {}
            Err(Fault::SignedOut(why)) => return Err(Fault::SignedOut(why)),
            Err(fault) => {
                failed += 1;
                let object = &step.object;
                let line = format!("lodge: {} {}: {fault}", object.kind, object.name);
                progress.aside(|| note(&line));
            }
        }
    }
    drop(progress);
    if lodge.globals.output != Format::Table {
        show(lodge.globals.output, &steps)?;
    }
    if failed > 0 {
        note(&format!("{failed} of {} steps failed.", busy.len()));
        return Err(Fault::Partly);
    }
    note(&format!("Done: {}", tally(&steps)));
    Ok(())
}

fn tally(steps: &[Step]) -> String {
    let count = |word: &str| {
        steps
            .iter()
            .filter(|step| step.action.word() == word)
            .count()
    };
    format!(
        "{} created, {} changed, {} deleted, {} as they were.",
        count("create"),
        count("change"),
        count("delete"),
        count("keep")
    )
}

fn carry_out(lodge: &Lodge<'_>, kind: &Kind<'_>, step: &Step, overlap: u64) -> Result<(), Fault> {
    match step.action {
        Action::Keep => Ok(()),
        Action::Create => create(lodge, kind, step),
        Action::Update => update(lodge, kind, step, overlap),
        Action::Delete => {
            let key = step.key.as_deref().unwrap_or(&step.object.name);
            let path = kind.path(&step.object.realm, key);
            lodge.admin.call(&Request::new("DELETE", &path)).map(|_| ())
        }
    }
}

fn create(lodge: &Lodge<'_>, kind: &Kind<'_>, step: &Step) -> Result<(), Fault> {
    let object = &step.object;
    if kind.is_written_over() {
        return write_over(lodge, kind, step, &object.spec);
    }
    let takes = |name: &str| kind.made_with.iter().any(|field| field.name == name);
    let mut body = Map::new();
    for field in kind.identity {
        body.insert((*field).to_owned(), Value::String(object.name.clone()));
    }
    for (name, value) in object
        .spec
        .iter()
        .filter(|(name, value)| takes(name) && !value.is_null())
    {
        body.insert(name.clone(), value.clone());
    }
    for (name, from) in &object.secrets {
        body.insert(name.clone(), Value::String(from.secret()?));
    }
    let names = &lodge.names;
    names.put_ids(lodge, &object.realm, &kind.made_with, &mut body)?;
    let path = kind.create.path.replace("{realm}", &segment(&object.realm));
    let mut request = Request::new("POST", &path);
    if kind.create.takes_header("Idempotency-Key") {
        request = request.header("idempotency-key", &unguessable()?);
        request.repeatable = true;
    }
    request.body = Some(json_body(
        kind.create.body.as_ref().map(|one| &one.media),
        body,
    ));
    let reply = lodge.admin.call(&request)?;
    let mut made = reply.json()?;
    let id = made["id"]
        .as_str()
        .filter(|_| kind.by_id(lodge.document).is_some());
    let key = id.unwrap_or(&object.name).to_owned();
    // What can only be changed, once it is there.
    if let Some(members) = made.as_object_mut() {
        names.put_names(lodge, &object.realm, &kind.fields(), members)?;
    }
    let (_, rest) = compare(&changeable(kind, object), &made, &kind.fields());
    if !rest.is_empty() {
        change(lodge, kind, step, &key, reply.etag.as_deref(), rest)?;
    }
    link(lodge, step, &key)
}

fn update(lodge: &Lodge<'_>, kind: &Kind<'_>, step: &Step, overlap: u64) -> Result<(), Fault> {
    let key = step.key.clone().unwrap_or_default();
    if kind.is_written_over() {
        return write_over(lodge, kind, step, &step.patch);
    }
    if !step.patch.is_empty() {
        let etag = step.etag.as_deref();
        let mut now = change(lodge, kind, step, &key, etag, step.patch.clone())?;
        let (names, realm) = (&lodge.names, &step.object.realm);
        let mut wanted = changeable(kind, &step.object);
        names.put_names(lodge, realm, &kind.fields(), &mut wanted)?;
        if let Some(members) = now.as_object_mut() {
            names.put_names(lodge, realm, &kind.fields(), members)?;
        }
        for one in compare(&wanted, &now, &kind.fields()).0 {
            note(&format!(
                "lodge: {} {}: the server keeps `{}` as {}; write it so in {}",
                kind.name, step.object.name, one.path, one.from, step.object.place
            ));
        }
    }
    secrets::replace(lodge, step, overlap)?;
    link(lodge, step, &key)
}

/// What is there, with what is changed, in the place of what is there.
fn write_over(
    lodge: &Lodge<'_>,
    kind: &Kind<'_>,
    step: &Step,
    changes: &Map<String, Value>,
) -> Result<(), Fault> {
    let object = &step.object;
    let mut body = step.there.clone();
    body.extend(changes.clone());
    body.retain(|_, value| !value.is_null());
    let path = kind.path(&object.realm, step.key.as_deref().unwrap_or(&object.name));
    let mut request = Request::new(&kind.update.method, &path);
    if let Some(etag) = &step.etag {
        request = request.header("if-match", etag);
    }
    request.body = Some(json_body(
        kind.update.body.as_ref().map(|one| &one.media),
        body,
    ));
    lodge.admin.call(&request).map(|_| ())
}

fn change(
    lodge: &Lodge<'_>,
    kind: &Kind<'_>,
    step: &Step,
    key: &str,
    etag: Option<&str>,
    mut patch: Map<String, Value>,
) -> Result<Value, Fault> {
    let realm = &step.object.realm;
    lodge
        .names
        .put_ids(lodge, realm, &kind.changed_with, &mut patch)?;
    let mut request = Request::new("PATCH", &kind.path(realm, key));
    if let Some(etag) = etag {
        request = request.header("if-match", etag);
    }
    request.body = Some(json_body(
        kind.update.body.as_ref().map(|one| &one.media),
        patch,
    ));
    lodge.admin.call(&request)?.json()
}

/// What is beside its fields: documents first, for others may need what they say.
fn link(lodge: &Lodge<'_>, step: &Step, key: &str) -> Result<(), Fault> {
    let parts = step.object.parts.iter();
    for (part, wanted) in parts.filter(|(part, _)| step.parts.contains(part)) {
        part.put(lodge, &step.object.realm, wanted)?;
    }
    for change in &step.links {
        let document = lodge.document;
        let parts = [
            (change.link.adds(document), &change.add),
            (change.link.removes(document), &change.remove),
        ];
        for (operation, names) in parts {
            let Some(operation) = operation else { continue };
            for name in names {
                let path = change.link.path(operation, &step.object.realm, key, name);
                lodge.admin.call(&Request::new(&operation.method, &path))?;
            }
        }
    }
    Ok(())
}

fn json_body(media: Option<&String>, body: Map<String, Value>) -> (String, Vec<u8>) {
    let media = media
        .cloned()
        .unwrap_or_else(|| "application/json".to_owned());
    (media, Value::Object(body).to_string().into_bytes())
}
