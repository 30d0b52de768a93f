//! Colours: on a terminal only, and not where `NO_COLOR` says so (no-color.org) or the terminal
//! is a dumb one.

use std::io::IsTerminal;

use crate::environment::variable;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Headings.
    Bold,
    /// Beside the point.
    Dim,
    /// Wrong, or going away.
    Red,
    /// Right, or coming.
    Green,
    /// Changing.
    Yellow,
}

/// The text in that colour, where it goes to a terminal.
pub(crate) fn on(stream: &impl IsTerminal, style: Style, text: &str) -> String {
    if !stream.is_terminal() || variable("NO_COLOR").is_some() || is_dumb() {
        return text.to_owned();
    }
    let code = match style {
        Style::Bold => 1,
        Style::Dim => 2,
        Style::Red => 31,
        Style::Green => 32,
        Style::Yellow => 33,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

fn is_dumb() -> bool {
    variable("TERM").is_some_and(|terminal| terminal == "dumb")
}
