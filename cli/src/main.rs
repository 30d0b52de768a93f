//! `lodge`: administers a Gatelodge server from any machine. It speaks HTTP to the admin port
//! and knows nothing of the server but its OpenAPI document.

mod command;
mod document;
mod environment;
mod fault;
mod files;
mod http;
mod output;
mod resources;
mod session;
mod work;

use std::io::Write as _;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::document::Document;
use crate::fault::Fault;
use crate::output::style::{Style, on};

fn main() -> ExitCode {
    let fault = match run() {
        Ok(()) => return ExitCode::SUCCESS,
        Err(fault) => fault,
    };
    if !fault.is_told() {
        let stderr = std::io::stderr();
        let name = on(&stderr, Style::Red, "lodge:");
        // Part of it may be a server's words.
        let text = fault.to_string();
        let lines: Vec<String> = text.lines().map(output::shown).collect();
        let _ = writeln!(std::io::stderr(), "{name} {}", lines.join("\n"));
    }
    ExitCode::from(work::status(&fault))
}

fn run() -> Result<(), Fault> {
    let document =
        Document::compiled().map_err(|error| Fault::because("the compiled document", &error))?;
    let (resources, _) = resources::resources(&document);
    let tree = command::tree(&document, &resources);
    match tree.clone().try_get_matches() {
        Ok(matches) => work::run(&document, &resources, tree, &matches),
        Err(error) => explained(&error),
    }
}

/// Help is data, and a mistake is one line of it with the way to more.
fn explained(error: &clap::Error) -> Result<(), Fault> {
    let help = [
        ErrorKind::DisplayHelp,
        ErrorKind::DisplayVersion,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
    ];
    if !help.contains(&error.kind()) {
        let text = error.render().to_string();
        let text = text.trim_start_matches("error: ").trim_end();
        return Err(Fault::Usage(text.to_owned()));
    }
    let _ = error.print();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Err(Fault::Usage(String::new()));
    }
    Ok(())
}
