//! What has to be done so that a server is as files want it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::compare::{Difference, compare};
use super::kinds::{Kind, find};
use super::links::{Link, Links};
use super::object::{Object, SecretRef};
use super::parts::Part;
use super::secrets;
use crate::fault::Fault;
use crate::http::{Reply, Request, segment};
use crate::work::{Lodge, Progress, pages};

/// What is done with one thing.
#[derive(Debug)]
pub(crate) enum Action {
    /// It is not there yet.
    Create,
    /// Some fields or links differ.
    Update,
    /// It is in no file.
    Delete,
    /// It is as it should be.
    Keep,
}

/// One thing, and what is done with it.
#[derive(Debug)]
pub(crate) struct Step {
    /// What is wanted; for what is deleted, its name alone.
    pub(crate) object: Object,
    /// What is done.
    pub(crate) action: Action,
    /// Fields that differ.
    pub(crate) differences: Vec<Difference>,
    /// The patch of what is there.
    pub(crate) patch: Map<String, Value>,
    /// Links that differ.
    pub(crate) links: Vec<LinkChange>,
    /// Documents that differ.
    pub(crate) parts: Vec<&'static Part>,
    /// What names it in paths, where it is there.
    pub(crate) key: Option<String>,
    /// The revision that was compared.
    pub(crate) etag: Option<String>,
    /// What is there, of what is written over as a whole.
    pub(crate) there: Map<String, Value>,
    /// Secrets that are others than the files say.
    pub(crate) secrets: Vec<SecretRef>,
}

/// Links to put and to take away.
#[derive(Debug)]
pub(crate) struct LinkChange {
    /// Of which sort.
    pub(crate) link: &'static Link,
    /// To put.
    pub(crate) add: Vec<String>,
    /// To take away.
    pub(crate) remove: Vec<String>,
}

/// Compares everything; with `prune`, what no file names is deleted last, in the reverse order.
pub(crate) fn plan(
    lodge: &Lodge<'_>,
    kinds: &[Kind<'_>],
    objects: Vec<Object>,
    prune: bool,
) -> Result<Vec<Step>, Fault> {
    let named: BTreeSet<_> = objects.iter().map(Object::key).collect();
    let realms: BTreeSet<String> = objects.iter().map(|object| object.realm.clone()).collect();
    let mut progress = Progress::of("comparing", objects.len() as u64);
    let mut steps = Vec::new();
    let links = Links::new(lodge);
    for (number, object) in objects.into_iter().enumerate() {
        progress.at(number as u64);
        steps.push(step(lodge, &links, find(kinds, &object.kind)?, object)?);
    }
    if prune {
        for kind in kinds.iter().rev().filter(|kind| kind.prunable) {
            for realm in &realms {
                for step in superfluous(lodge, kind, realm)? {
                    if !named.contains(&step.object.key()) {
                        steps.push(step);
                    }
                }
            }
        }
    }
    Ok(steps)
}

fn step(
    lodge: &Lodge<'_>,
    links: &Links<'_>,
    kind: &Kind<'_>,
    object: Object,
) -> Result<Step, Fault> {
    let key = item_key(lodge, kind, &object)?;
    let there = match &key {
        Some(key) => read(lodge, &kind.path(&object.realm, key))?,
        None => None,
    };
    let mut step = Step {
        action: Action::Create,
        differences: Vec::new(),
        patch: Map::new(),
        links: Vec::new(),
        parts: Vec::new(),
        key: None,
        etag: None,
        there: Map::new(),
        secrets: Vec::new(),
        object,
    };
    let (Some(reply), Some(key)) = (there, key) else {
        step.links = wanted_links(&step.object);
        step.parts = step.object.parts.iter().map(|(part, _)| *part).collect();
        return Ok(step);
    };
    let fields = kind.fields();
    let mut current = reply.json()?;
    if kind.is_written_over() {
        step.key = Some(key.clone());
        step.etag.clone_from(&reply.etag);
        if !is_ours(&current) {
            return Ok(step);
        }
        let kept = |name: &String| fields.iter().any(|field| field.name == *name);
        let members = current.as_object().cloned().unwrap_or_default();
        let kept = members.into_iter().filter(|(name, _)| kept(name));
        step.there = kept.collect();
    }
    let mut wanted = changeable(kind, &step.object);
    let realm = &step.object.realm;
    lodge.names.put_names(lodge, realm, &fields, &mut wanted)?;
    if let Some(members) = current.as_object_mut() {
        lodge.names.put_names(lodge, realm, &fields, members)?;
    }
    (step.differences, step.patch) = compare(&wanted, &current, &fields);
    step.links = link_changes(lodge, links, &step.object, &key, &current)?;
    for (part, wanted) in &step.object.parts {
        let found = part.differences(wanted, &part.read(lodge, realm)?)?;
        if !found.is_empty() {
            step.parts.push(part);
            step.differences.extend(found);
        }
    }
    for difference in secrets::changed(lodge, &mut step)? {
        step.differences.push(difference);
    }
    step.key = Some(key);
    step.etag = reply.etag;
    let same = step.differences.is_empty() && step.links.is_empty();
    step.action = if same { Action::Keep } else { Action::Update };
    Ok(step)
}

/// What of a spec can be changed; the rest counts only when a thing is made.
pub(crate) fn changeable(kind: &Kind<'_>, object: &Object) -> Map<String, Value> {
    let can = |name: &str| kind.changed_with.iter().any(|field| field.name == name);
    let spec = object.spec.iter().filter(|(name, _)| can(name));
    spec.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn read(lodge: &Lodge<'_>, path: &str) -> Result<Option<Reply>, Fault> {
    let reply = lodge.admin.send(&Request::new("GET", path))?;
    if reply.status == 404 {
        return Ok(None);
    }
    reply.accepted().map(Some)
}

/// What names a thing in paths; none where its name leads to no id.
fn item_key(lodge: &Lodge<'_>, kind: &Kind<'_>, object: &Object) -> Result<Option<String>, Fault> {
    let Some(way) = kind.by_id(lodge.document) else {
        return Ok(Some(object.name.clone()));
    };
    let names = &lodge.names;
    match names.id_in(lodge, &object.realm, kind.name, way, &object.name) {
        Ok(id) => Ok(Some(id)),
        // Not there, or not even its realm.
        Err(Fault::Failed(_)) => Ok(None),
        Err(Fault::Refused(refusal)) if refusal.status == 404 => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn wanted_links(object: &Object) -> Vec<LinkChange> {
    let links = object.links.iter().filter(|(_, names)| !names.is_empty());
    links
        .map(|(link, names)| LinkChange {
            link,
            add: names.clone(),
            remove: Vec::new(),
        })
        .collect()
}

fn link_changes(
    lodge: &Lodge<'_>,
    links: &Links<'_>,
    object: &Object,
    own: &str,
    item: &Value,
) -> Result<Vec<LinkChange>, Fault> {
    let mut changes = Vec::new();
    for (link, wanted) in &object.links {
        if link.adds(lodge.document).is_none() {
            continue;
        }
        let realm = &object.realm;
        let there = links.there(link, realm, own, item)?;
        let add: Vec<String> = wanted
            .iter()
            .filter(|one| !there.contains(*one))
            .cloned()
            .collect();
        let remove = links.unexplained(link, realm, own, &there, wanted)?;
        if !add.is_empty() || !remove.is_empty() {
            changes.push(LinkChange { link, add, remove });
        }
    }
    Ok(changes)
}

/// Everything of a kind that may be deleted.
fn superfluous(lodge: &Lodge<'_>, kind: &Kind<'_>, realm: &str) -> Result<Vec<Step>, Fault> {
    let mut steps = Vec::new();
    let list = Request::new("GET", &kind.list.path.replace("{realm}", &segment(realm)));
    let listed = pages(&lodge.admin, kind.list, &list, None, &mut |items| {
        for item in items.iter().filter(|item| is_ours(item)) {
            let Some(name) = kind.name_of(item) else {
                continue;
            };
            let object = Object {
                kind: kind.name.to_owned(),
                realm: realm.to_owned(),
                name,
                spec: Map::new(),
                secrets: Vec::new(),
                links: Vec::new(),
                parts: Vec::new(),
                place: String::new(),
            };
            let key = item_key(lodge, kind, &object)?;
            steps.push(Step {
                action: Action::Delete,
                differences: Vec::new(),
                patch: Map::new(),
                links: Vec::new(),
                parts: Vec::new(),
                key,
                etag: None,
                there: Map::new(),
                secrets: Vec::new(),
                object,
            });
        }
        Ok(())
    });
    match listed {
        // Its realm is not there yet.
        Err(Fault::Refused(refusal)) if refusal.status == 404 => Ok(Vec::new()),
        other => other.map(|()| steps),
    }
}

/// Whether an administrator made it, for this realm: neither Gatelodge itself nor a client for
/// itself.
pub(crate) fn is_ours(item: &Value) -> bool {
    let built_in = item["built_in"] == true || item["protected"] == true;
    let origin = item["origin"].as_str().unwrap_or("administrator");
    !built_in && matches!(origin, "administrator" | "realm")
}
