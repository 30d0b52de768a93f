//! Secrets: from a file, from a variable, from standard input, or typed without being seen.

use std::io::{IsTerminal as _, Read as _};

use crate::environment::variable;
use crate::fault::Fault;
use crate::output::{can_ask, note};

/// From a file; `-` is standard input, where a person at a terminal is asked.
pub(crate) fn from_file(path: &str, name: &str) -> Result<String, Fault> {
    if path == "-" && std::io::stdin().is_terminal() {
        return prompt_twice(name);
    }
    let mut text = String::new();
    let read = if path == "-" {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    read.map_err(|error| Fault::Usage(format!("{path}: {error}")))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Fault::Usage(format!("{path}: there is no {name} in it")));
    }
    Ok(text.to_owned())
}

/// From a variable.
pub(crate) fn from_variable(name: &str) -> Result<String, Fault> {
    variable(name).ok_or_else(|| Fault::Usage(format!("the variable {name} is not set")))
}

/// Typed twice by a person.
pub(crate) fn prompt_twice(name: &str) -> Result<String, Fault> {
    let name = name.replace('_', " ");
    if !can_ask() {
        return Err(Fault::Usage(format!("nobody is there to type the {name}")));
    }
    let ask = |prompt: String| {
        rpassword::prompt_password(prompt).map_err(|error| Fault::because("the terminal", &error))
    };
    loop {
        let first = ask(format!("{name}: "))?;
        if first.is_empty() {
            return Err(Fault::Usage(format!("no {name} was typed")));
        }
        if first == ask(format!("{name} again: "))? {
            return Ok(first);
        }
        note("These were different.");
    }
}
