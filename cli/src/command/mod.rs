//! The command line: fixed commands, and one for each resource with its verbs, made of the
//! document.

mod body;
mod files;
mod fixed;
mod flags;
mod globals;
mod secret;

use clap::{Arg, ArgAction, Command, value_parser};

use crate::document::{Document, Operation, Place, Shape};
use crate::resources::{Kind, Resource, Verb};
pub(crate) use body::{Sources, body, pair};
pub(crate) use files::{read_bytes, read_documents, read_text, read_value};
pub(crate) use flags::{ADD, REMOVE};
pub(crate) use globals::Globals;
pub(crate) use secret::prompt_twice;

/// Ids of arguments that are no parameter and no field.
pub(crate) const LIMIT: &str = "list.limit";
pub(crate) const COLUMNS: &str = "list.columns";
pub(crate) const WATCH: &str = "list.watch";
pub(crate) const INTERVAL: &str = "list.interval";
pub(crate) const FORCE: &str = "change.force";
pub(crate) const YES: &str = "change.yes";
pub(crate) const CONTENT: &str = "content.file";
pub(crate) const OUT: &str = "content.out";

const FILTERS: &str = "Filters";
const PLACE: &str = "path.";
const QUERY: &str = "query.";

/// The whole tree.
pub(crate) fn tree(document: &Document, resources: &[Resource]) -> Command {
    let mut command = Command::new("lodge")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Administers a Gatelodge server over HTTP, from any machine.")
        .after_help(
            "Exit status: 0 done, 1 refused or failed, 2 wrong command line, 3 not signed in.\n\
             `lodge diff` ends with 1 where files and server differ, and with 4 where it failed.",
        )
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_help_heading("Commands")
        .subcommand_value_name("COMMAND");
    command = globals::add(command);
    for (order, fixed) in fixed::commands().into_iter().enumerate() {
        command = command.subcommand(fixed.display_order(order));
    }
    for (order, resource) in resources.iter().enumerate() {
        command = command.subcommand(of(document, resource).display_order(100 + order));
    }
    command
}

fn of(document: &Document, resource: &Resource) -> Command {
    let mut command = Command::new(resource.name.clone())
        .about(resource.about.clone())
        .disable_help_subcommand(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_help_heading("Verbs")
        .subcommand_value_name("VERB");
    for (name, verb) in &resource.verbs {
        if let Some(operation) = document.operation(verb.main()) {
            let order = order(name, verb);
            command =
                command.subcommand(made(document, name, verb, operation).display_order(order));
        }
    }
    command
}

/// The usual ones first.
fn order(name: &str, verb: &Verb) -> usize {
    match (name, verb.kind) {
        ("list", _) => 0,
        ("get", _) => 1,
        ("create", _) => 2,
        ("update", _) => 3,
        ("delete" | "end", _) => 4,
        (_, Kind::List | Kind::Get) => 10,
        _ => 20,
    }
}

fn made(document: &Document, name: &str, verb: &Verb, operation: &Operation) -> Command {
    let short = verb.about.split(". ").next().unwrap_or_default();
    let mut command = Command::new(name.to_owned())
        .about(short.trim_end_matches('.').to_owned())
        .visible_aliases(verb.aliases.iter().copied());
    if short.len() + 1 < verb.about.len() {
        command = command.long_about(verb.about.clone());
    }
    for parameter in positionals(operation) {
        command = command.arg(
            Arg::new(format!("{PLACE}{parameter}"))
                .value_name(parameter.to_uppercase())
                .help(about_positional(document, operation, parameter))
                .required(true),
        );
    }
    for parameter in operation.parameters_in(Place::Query) {
        if matches!(parameter.name.as_str(), "cursor" | "limit") {
            continue;
        }
        let flag = flags::flag(&parameter.name);
        let shape = document.shape(&parameter.schema);
        let named = crate::resources::natural(document, parameter).is_some();
        let arg = Arg::new(format!("{QUERY}{}", parameter.name))
            .long(flag)
            .help(flags::about(&parameter.about, named))
            .required(parameter.required)
            .help_heading(FILTERS);
        command = command.arg(flags::typed(arg, &parameter.name, &shape));
    }
    if let Some(body) = &operation.body
        && verb.preset.is_empty()
        && !matches!(verb.kind, Kind::Upload | Kind::Send)
    {
        let fields = document.fields(&body.schema);
        command = flags::body(command, document, &fields, verb.kind == Kind::Update);
    }
    of_kind(command, verb, operation)
}

/// What a verb takes because of what it does.
fn of_kind(mut command: Command, verb: &Verb, operation: &Operation) -> Command {
    let flag = |id: &'static str, long: &'static str, help: &'static str| {
        Arg::new(id)
            .long(long)
            .help(help)
            .action(ArgAction::SetTrue)
    };
    match verb.kind {
        Kind::List => {
            let pages = operation
                .parameters_in(Place::Query)
                .any(|one| one.name == "cursor");
            if pages {
                command = command.arg(
                    Arg::new(LIMIT)
                        .long("limit")
                        .value_name("N")
                        .value_parser(value_parser!(u64).range(1..))
                        .help("Show at most so many [default: all, page after page]"),
                );
            }
            command.arg(columns()).args(watching())
        }
        Kind::Get => command.args(watching()),
        Kind::Update => command.arg(flag(
            FORCE,
            "force",
            "Change it even if somebody else changes it at the same time",
        )),
        Kind::Delete => command
            .arg(flag(YES, "yes", "Do not ask, at a terminal, whether it is meant").short('y')),
        Kind::Upload => command.arg(
            Arg::new(CONTENT)
                .value_name("FILE")
                .required(true)
                .help("What to send, a line of JSON each; `-` is standard input"),
        ),
        Kind::Send => command.arg(
            Arg::new(CONTENT)
                .value_name("FILE")
                .required(true)
                .help("The file; `-` is standard input"),
        ),
        Kind::Download => command.arg(
            Arg::new(OUT)
                .long("out")
                .value_name("FILE")
                .help("Write to a file, which only you can read [default: standard output]"),
        ),
        Kind::Create | Kind::Tail | Kind::Do => command,
    }
}

fn columns() -> Arg {
    Arg::new(COLUMNS)
        .long("columns")
        .value_name("A,B")
        .value_delimiter(',')
        .help("Columns of the table, as fields are named; `a.b` is a field in a field")
}

fn watching() -> [Arg; 2] {
    [
        Arg::new(WATCH)
            .long("watch")
            .short('w')
            .action(ArgAction::SetTrue)
            .help("Go on, and show what changes"),
        Arg::new(INTERVAL)
            .long("interval")
            .value_name("SECONDS")
            .value_parser(value_parser!(u64).range(1..))
            .requires(WATCH)
            .help("How often to look, with --watch [default: 2]"),
    ]
}

/// Placeholders that are given as arguments: all but the realm in which something is.
pub(crate) fn positionals(operation: &Operation) -> impl Iterator<Item = &str> {
    let within = operation.path.starts_with("/admin/v1/realms/{realm}/");
    operation
        .placeholders()
        .filter(move |name| !(within && *name == "realm"))
}

/// The id of a positional argument.
pub(crate) fn positional_id(parameter: &str) -> String {
    format!("{PLACE}{parameter}")
}

/// The id of a filter.
pub(crate) fn filter_id(parameter: &str) -> String {
    format!("{QUERY}{parameter}")
}

fn about_positional(document: &Document, operation: &Operation, name: &str) -> String {
    let parameter = operation
        .parameters_in(Place::Path)
        .find(|one| one.name == name);
    let Some(parameter) = parameter else {
        return String::new();
    };
    let about = parameter.about.trim_end_matches('.').to_owned();
    match crate::resources::natural(document, parameter) {
        Some(natural) => format!(
            "{} or row id",
            capitalised(&natural.field.replace('_', " "))
        ),
        None if about.is_empty() => format!("Its {name}"),
        None => about,
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The name of the schema of a list's items, and their fields.
pub(crate) fn items(
    document: &Document,
    page: &serde_json::Value,
) -> (String, Vec<crate::document::Field>) {
    let schema = document.resolved(page);
    let item = &schema["properties"]["items"]["items"]["$ref"];
    let name = item.as_str().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default().to_owned();
    let fields = document.fields(page);
    let items = fields.into_iter().find(|field| field.name == "items");
    match items.map(|field| field.shape) {
        Some(Shape::List(item)) => match *item {
            Shape::Record(fields) => (name, fields),
            _ => (name, Vec::new()),
        },
        _ => (name, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::resources;

    #[test]
    fn the_whole_tree_is_sound() {
        let document = Document::compiled().unwrap();
        let (resources, _) = resources(&document);
        tree(&document, &resources).debug_assert();
    }

    #[test]
    fn no_secret_is_taken_on_the_command_line() {
        let document = Document::compiled().unwrap();
        let (resources, _) = resources(&document);
        let tree = tree(&document, &resources);
        for resource in tree.get_subcommands() {
            for verb in resource.get_subcommands() {
                for arg in verb.get_arguments() {
                    let Some(long) = arg.get_long() else { continue };
                    let is_switch = arg
                        .get_value_names()
                        .is_some_and(|names| names == ["true|false"]);
                    assert!(
                        is_switch || !long.ends_with("password") && !long.ends_with("secret"),
                        "{} {} --{long}",
                        resource.get_name(),
                        verb.get_name()
                    );
                }
            }
        }
    }
}
