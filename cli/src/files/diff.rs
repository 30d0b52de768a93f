//! `lodge diff`: what `apply` would do.

use clap::ArgMatches;
use serde_json::Value;

use super::kinds::kinds;
use super::plan::{Step, plan};
use super::read::read;
use crate::fault::Fault;
use crate::output::{Format, many, note, print};
use crate::work::Lodge;

/// Shows what differs; that there is a difference is the exit status.
pub(crate) fn diff(lodge: &Lodge<'_>, matches: &ArgMatches) -> Result<(), Fault> {
    let steps = wanted(lodge, matches)?;
    show(lodge.globals.output, &steps)?;
    if steps.iter().any(Step::does_something) {
        return Err(Fault::Differs);
    }
    note("No differences.");
    Ok(())
}

/// The plan that the command line asks for.
pub(super) fn wanted(lodge: &Lodge<'_>, matches: &ArgMatches) -> Result<Vec<Step>, Fault> {
    let kinds = kinds(lodge.document);
    let paths: Vec<String> = matches
        .get_many::<String>("files")
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let objects = read(&paths, &kinds, lodge.realm())?;
    plan(lodge, &kinds, objects, matches.get_flag("prune"))
}

/// What is done, and nothing of what is kept.
pub(super) fn show(format: Format, steps: &[Step]) -> Result<(), Fault> {
    let busy = steps.iter().filter(|step| step.does_something());
    if format == Format::Table {
        return print(&busy.map(Step::text).collect::<String>());
    }
    let busy: Vec<Value> = busy.map(Step::json).collect();
    many(format, &busy, &[])
}
