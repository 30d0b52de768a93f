//! What is printed: data on standard output, words for people on standard error.

mod json;
mod record;
pub(crate) mod style;
mod table;

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use serde_json::Value;

use crate::fault::Fault;
pub(crate) use json::{OrderedYaml, yaml};
pub(crate) use record::record;
use table::Table;
pub(crate) use table::{shortened, shown, wide};

/// How data are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Columns for people.
    Table,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// A line of JSON for each item.
    Ndjson,
}

/// Writes to standard output. A reader that has gone (`| head`) ends the command quietly.
pub(crate) fn print(text: &str) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Fault::Closed,
        _ => Fault::because("standard output", &error),
    })
}

/// Says something to the person at the terminal; it is lost where nobody listens.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether somebody looks at what data are written to.
pub(crate) fn out_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether somebody can be asked, and sees the question.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks the person at the terminal.
pub(crate) fn confirmed(question: &str) -> Result<bool, Fault> {
    let mut terminal = std::io::stderr();
    let _ = write!(terminal, "{question}");
    let _ = terminal.flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Fault::because("the terminal", &error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Prints one thing.
pub(crate) fn one(format: Format, value: &Value, first: &[String]) -> Result<(), Fault> {
    if format == Format::Table && record(value, first, width()).is_empty() {
        note("Nothing there.");
    }
    print(&match format {
        Format::Table => record(value, first, width()),
        Format::Json => json::pretty(value)?,
        Format::Yaml => yaml(value)?,
        Format::Ndjson => json::line(value)?,
    })
}

/// Prints several things at once.
pub(crate) fn many(format: Format, items: &[Value], columns: &[String]) -> Result<(), Fault> {
    print(&match format {
        Format::Table => Table::of(items, columns).text(width()),
        Format::Json => json::pretty(&Value::Array(items.to_vec()))?,
        Format::Yaml => yaml(&Value::Array(items.to_vec()))?,
        Format::Ndjson => items.iter().map(json::line).collect::<Result<_, _>>()?,
    })
}

/// How many columns may be used: as many as wanted where nobody looks.
pub(crate) fn width() -> usize {
    let asked = crate::environment::variable("COLUMNS").and_then(|text| text.parse().ok());
    if let Some(columns) = asked {
        return columns;
    }
    if !out_is_terminal() {
        return usize::MAX;
    }
    terminal_size::terminal_size().map_or(80, |(terminal_size::Width(columns), _)| columns.into())
}
