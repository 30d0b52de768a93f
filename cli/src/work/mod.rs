//! Doing what the command line says.

mod call;
mod fixed;
mod listing;
mod names;
mod pages;
mod progress;
mod tail;
mod transfer;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};

use clap::{ArgMatches, Command};

use crate::command::Globals;
use crate::document::Document;
use crate::fault::Fault;
use crate::files;
use crate::resources::{Kind, Resource};
use crate::session::Admin;

pub(crate) use names::Names;
pub(crate) use pages::pages;
pub(crate) use progress::Progress;

/// `diff` keeps 1 for "there are differences".
const DIFF_FAILED: u8 = 4;
static IS_DIFF: AtomicBool = AtomicBool::new(false);

/// What every piece of work has.
pub(crate) struct Lodge<'a> {
    /// What the server can do.
    pub(crate) document: &'a Document,
    /// Options of every command.
    pub(crate) globals: Globals,
    /// The server.
    pub(crate) admin: Admin,
    /// Names that were looked up.
    pub(crate) names: Names,
}

/// The exit status of a fault, which for `diff` keeps "different" and "failed" apart.
pub(crate) fn status(fault: &Fault) -> u8 {
    match fault {
        Fault::Refused(_) | Fault::Failed(_) | Fault::Partly if IS_DIFF.load(Ordering::Relaxed) => {
            DIFF_FAILED
        }
        fault => fault.status(),
    }
}

/// Does it.
pub(crate) fn run(
    document: &Document,
    resources: &[Resource],
    tree: Command,
    matches: &ArgMatches,
) -> Result<(), Fault> {
    let Some((name, matches)) = matches.subcommand() else {
        return Err(Fault::Usage("say what to do".to_owned()));
    };
    if let Some(resource) = resources.iter().find(|one| one.name == name) {
        return verb(document, resource, matches);
    }
    let globals = Globals::read(matches);
    match name {
        "login" => fixed::login(&globals, matches),
        "logout" => fixed::logout(&globals),
        "status" => fixed::status(&globals),
        "token" => fixed::token(&globals, matches),
        "request" => fixed::request(&globals, matches),
        "completions" => fixed::completions(tree, matches),
        "man" => fixed::man(tree, matches),
        "apply" => files::apply(&Lodge::open(document, globals)?, matches),
        "diff" => {
            IS_DIFF.store(true, Ordering::Relaxed);
            files::diff(&Lodge::open(document, globals)?, matches)
        }
        "export" => files::export(&Lodge::open(document, globals)?, matches),
        other => Err(Fault::Usage(format!("there is no command `{other}`"))),
    }
}

fn verb(document: &Document, resource: &Resource, matches: &ArgMatches) -> Result<(), Fault> {
    let named = matches.subcommand();
    let found = named.and_then(|(name, matches)| Some((resource.verbs.get(name)?, matches)));
    let Some((verb, matches)) = found else {
        return Err(Fault::Usage(format!(
            "say what to do with `{}`",
            resource.name
        )));
    };
    let globals = Globals::read(matches);
    // Without a realm said, what can be asked of the whole house is.
    let id = match (&verb.everywhere, &verb.in_realm, &globals.realm) {
        (Some(_), Some(inner), Some(_)) | (None, Some(inner), _) => inner,
        (Some(everywhere), ..) => everywhere,
        (None, None, _) => return Err(Fault::Failed("the verb has no operation".to_owned())),
    };
    let operation = document
        .operation(id)
        .ok_or_else(|| Fault::Failed(format!("operation {id} is gone")))?;
    let lodge = Lodge::open(document, globals)?;
    let call = call::Call {
        lodge: &lodge,
        resource,
        verb,
        operation,
        matches,
    };
    match verb.kind {
        Kind::List => listing::list(&call),
        Kind::Get => listing::get(&call),
        Kind::Create => call.create(),
        Kind::Update => call.update(),
        Kind::Delete => call.delete(),
        Kind::Do => call.perform(),
        Kind::Upload => transfer::upload(&call),
        Kind::Send => call.send_file(),
        Kind::Download => transfer::download(&call),
        Kind::Tail => tail::tail(&call),
    }
}

impl<'a> Lodge<'a> {
    fn open(document: &'a Document, globals: Globals) -> Result<Self, Fault> {
        Ok(Self {
            document,
            admin: globals.admin()?,
            globals,
            names: Names::default(),
        })
    }

    /// In which realm an operation with a realm in its path works.
    pub(crate) fn realm(&self) -> &str {
        self.globals.realm()
    }
}
