//! What has to be done so that a server is as files want it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::compare::{Difference, compare};
use super::kinds::{Kind, find};
use super::links::Link;
use super::object::Object;
use crate::document::{Field, Operation, Place};
use crate::fault::Fault;
use crate::http::{Reply, Request, segment};
use crate::resources::natural;
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
    /// Its path, where it is there.
    pub(crate) path: Option<String>,
    /// The revision that was compared.
    pub(crate) etag: Option<String>,
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
    for (number, object) in objects.into_iter().enumerate() {
        progress.at(number as u64);
        steps.push(step(lodge, find(kinds, &object.kind)?, object)?);
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

fn step(lodge: &Lodge<'_>, kind: &Kind<'_>, object: Object) -> Result<Step, Fault> {
    let path = item_path(lodge, kind, &object)?;
    let there = match &path {
        Some(path) => read(lodge, path)?,
        None => None,
    };
    let mut step = Step {
        action: Action::Create,
        differences: Vec::new(),
        patch: Map::new(),
        links: Vec::new(),
        path: None,
        etag: None,
        object,
    };
    let Some(reply) = there else {
        step.links = wanted_links(&step.object);
        return Ok(step);
    };
    let current = reply.json()?;
    let fields: Vec<Field> = kind
        .changed_with
        .iter()
        .chain(&kind.made_with)
        .cloned()
        .collect();
    let changeable = changeable(kind, &step.object);
    (step.differences, step.patch) = compare(&changeable, &current, &fields);
    if let Some(path) = &path {
        step.links = link_changes(lodge, &step.object, path)?;
    }
    step.path = path;
    step.etag = reply.etag;
    step.action = if step.patch.is_empty() && step.links.is_empty() {
        Action::Keep
    } else {
        Action::Update
    };
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

/// The path of a thing that may be there; none where its name leads to no id.
fn item_path(lodge: &Lodge<'_>, kind: &Kind<'_>, object: &Object) -> Result<Option<String>, Fault> {
    let operation = kind.read;
    let path = operation.path.replace("{realm}", &segment(&object.realm));
    let Some(own) = operation
        .placeholders()
        .last()
        .filter(|name| *name != "realm")
    else {
        return Ok(Some(path));
    };
    let parameter = operation
        .parameters_in(Place::Path)
        .find(|one| one.name == own);
    let way = parameter.and_then(|one| natural(lodge.document, one));
    let value = match way {
        None => object.name.clone(),
        Some(way) => {
            let names = &lodge.names;
            match names.id_in(lodge, &object.realm, kind.name, way, &object.name) {
                Ok(id) => id,
                // Not there, or not even its realm.
                Err(Fault::Failed(_)) => return Ok(None),
                Err(Fault::Refused(refusal)) if refusal.status == 404 => return Ok(None),
                Err(fault) => return Err(fault),
            }
        }
    };
    Ok(Some(path.replace(&format!("{{{own}}}"), &segment(&value))))
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

fn link_changes(lodge: &Lodge<'_>, object: &Object, path: &str) -> Result<Vec<LinkChange>, Fault> {
    let mut changes = Vec::new();
    for (link, wanted) in &object.links {
        let there = linked(lodge, link, path)?;
        let add: Vec<String> = wanted
            .iter()
            .filter(|one| !there.contains(*one))
            .cloned()
            .collect();
        let remove: Vec<String> = there
            .into_iter()
            .filter(|one| !wanted.contains(one))
            .collect();
        if !add.is_empty() || !remove.is_empty() {
            changes.push(LinkChange { link, add, remove });
        }
    }
    Ok(changes)
}

/// What a thing is linked with now.
pub(crate) fn linked(lodge: &Lodge<'_>, link: &Link, path: &str) -> Result<Vec<String>, Fault> {
    let Some(operations) = link.operations(lodge.document) else {
        return Ok(Vec::new());
    };
    let path = link_path(operations.list, path, "");
    let mut found = Vec::new();
    let request = Request::new("GET", &path);
    pages(
        &lodge.admin,
        operations.list,
        &request,
        None,
        &mut |items| {
            // What comes through a group or another role is not its own.
            let own = items.iter().filter(|item| item["direct"] != false);
            found.extend(own.filter_map(|item| item[link.item].as_str().map(str::to_owned)));
            Ok(())
        },
    )?;
    Ok(found)
}

/// The path of a link operation below the path of a thing.
pub(crate) fn link_path(operation: &Operation, item: &str, name: &str) -> String {
    // /admin/v1/realms/{realm}/users/{user}/roles/{role}: what follows the thing itself.
    let rest: Vec<&str> = operation.path.split('/').skip(7).collect();
    let mut path = item.to_owned();
    for part in rest {
        path.push('/');
        path.push_str(&if part.starts_with('{') {
            segment(name)
        } else {
            part.to_owned()
        });
    }
    path
}

/// Everything of a kind that may be deleted.
fn superfluous(lodge: &Lodge<'_>, kind: &Kind<'_>, realm: &str) -> Result<Vec<Step>, Fault> {
    let mut steps = Vec::new();
    let list = Request::new("GET", &kind.list.path.replace("{realm}", &segment(realm)));
    let listed = pages(&lodge.admin, kind.list, &list, None, &mut |items| {
        for item in items.iter().filter(|item| is_ours(item)) {
            let Some(name) = item[kind.identity].as_str() else {
                continue;
            };
            let object = Object {
                kind: kind.name.to_owned(),
                realm: realm.to_owned(),
                name: name.to_owned(),
                spec: Map::new(),
                secrets: Vec::new(),
                links: Vec::new(),
                place: String::new(),
            };
            let path = item_path(lodge, kind, &object)?;
            steps.push(Step {
                action: Action::Delete,
                differences: Vec::new(),
                patch: Map::new(),
                links: Vec::new(),
                path,
                etag: None,
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

/// Whether an administrator made it: neither Gatelodge itself nor a client for itself.
pub(crate) fn is_ours(item: &Value) -> bool {
    let built_in = item["built_in"] == true || item["protected"] == true;
    let origin = item["origin"].as_str().unwrap_or("administrator");
    !built_in && origin == "administrator"
}
