//! A flag for each field of a body.
//!
//! `--email` for `email`, `--profile.nickname` for a field in a field, `--redirect-uri` again
//! and again for a list. A secret has no flag of its own, but `--password-file` and
//! `--password-env`: command lines are seen by everybody on the machine.

use clap::builder::{BoolishValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, Command, value_parser};

use crate::document::{Document, Field, Shape};
use crate::resources::natural_field;

pub(crate) const FILE: &str = "body.file";
pub(crate) const SET: &str = "body.set";
pub(crate) const UNSET: &str = "body.unset";
pub(crate) const ADD: &str = "body.add";
pub(crate) const REMOVE: &str = "body.remove";

const FIELDS: &str = "Fields";
/// Names that mean something everywhere.
const TAKEN: &[&str] = &[
    "add",
    "admin-url",
    "allow-insecure",
    "ca-file",
    "columns",
    "file",
    "force",
    "help",
    "interval",
    "limit",
    "output",
    "profile",
    "realm",
    "remove",
    "set",
    "unset",
    "version",
    "watch",
    "yes",
];

/// The flag of a field: words joined by dashes.
pub(super) fn flag(name: &str) -> String {
    let flag = name.replace('_', "-");
    if TAKEN.contains(&flag.as_str()) {
        format!("field-{flag}")
    } else {
        flag
    }
}

/// The flags of a body, and those that set any field.
pub(super) fn body(
    mut command: Command,
    document: &Document,
    fields: &[Field],
    is_patch: bool,
) -> Command {
    for field in fields {
        command = add(command, document, "", field);
    }
    let several = |id: &'static str, long: &'static str, value: &'static str| {
        Arg::new(id)
            .long(long)
            .value_name(value)
            .action(ArgAction::Append)
            .help_heading(FIELDS)
    };
    command = command
        .arg(
            Arg::new(FILE)
                .long("file")
                .short('f')
                .value_name("FILE")
                .help_heading(FIELDS)
                .help("Fields from a JSON or YAML file, `-` for standard input; flags win over it"),
        )
        .arg(several(SET, "set", "FIELD=JSON").help("Set any field: --set profile.name='\"Ada\"'"));
    if is_patch {
        command = command
            .arg(several(UNSET, "unset", "FIELD").help("Take a field away, back to its default"))
            .arg(several(ADD, "add", "FIELD=VALUE").help("Add to a list and keep the rest of it"))
            .arg(several(REMOVE, "remove", "FIELD=VALUE").help("Take out of a list"));
    }
    command
}

/// What a parameter or field is for. Where the document speaks of a row id, a name does too.
pub(super) fn about(text: &str, is_named: bool) -> String {
    let text = text.trim_end_matches('.');
    if is_named {
        text.replace("by row id", "by name or row id")
    } else {
        text.to_owned()
    }
}

fn add(mut command: Command, document: &Document, prefix: &str, field: &Field) -> Command {
    let path = join(prefix, &field.name);
    if let Shape::Record(inner) = &field.shape {
        for field in inner {
            command = add(command, document, &path, field);
        }
        return command;
    }
    let long = if field.name == "realm" && field.shape == Shape::Truth {
        // Not which one, but whether all of it.
        "whole-realm".to_owned()
    } else if prefix.is_empty() {
        flag(&field.name)
    } else {
        path.replace('_', "-")
    };
    let about = match about(&field.about, natural_field(document, field).is_some()) {
        nothing if nothing.is_empty() => path.replace(['_', '.'], " "),
        about => about,
    };
    if let Shape::Text { secret: true, .. } = field.shape {
        let file = Arg::new(secret_file(&path))
            .long(format!("{long}-file"))
            .value_name("FILE")
            .help_heading(FIELDS)
            .conflicts_with(secret_env(&path))
            .help(format!("{about}; from a file, `-` for standard input"));
        let env = Arg::new(secret_env(&path))
            .long(format!("{long}-env"))
            .value_name("VARIABLE")
            .help_heading(FIELDS)
            .help("The same from an environment variable");
        return command.arg(file).arg(env);
    }
    let mut arg = Arg::new(body_id(&path)).help_heading(FIELDS).help(about);
    arg = match singular(&long) {
        Some(one) if matches!(field.shape, Shape::List(_)) => {
            arg.long(one).alias(long).action(ArgAction::Append)
        }
        _ => arg.long(long),
    };
    command.arg(typed(arg, &field.name, &field.shape))
}

/// A list is given item by item, and each is named in the singular.
fn singular(long: &str) -> Option<String> {
    let stem = long
        .strip_suffix('s')
        .filter(|stem| !stem.ends_with(['s', 'u']))?;
    let one = match stem.strip_suffix("ie") {
        Some(stem) => format!("{stem}y"),
        None => stem.to_owned(),
    };
    (!TAKEN.contains(&one.as_str())).then_some(one)
}

/// With the values that a shape allows.
pub(super) fn typed(arg: Arg, name: &str, shape: &Shape) -> Arg {
    let upper = || {
        let last = name.rsplit('_').next().unwrap_or(name);
        singular(last)
            .unwrap_or_else(|| last.to_owned())
            .to_uppercase()
    };
    match shape {
        Shape::Text { choices, .. } if choices.is_empty() => arg.value_name(upper()),
        Shape::Text { choices, .. } => arg
            .value_name(upper())
            // `--sort -username` names an order, not a flag.
            .allow_hyphen_values(choices.iter().any(|choice| choice.starts_with('-')))
            .value_parser(PossibleValuesParser::new(choices.clone())),
        Shape::Whole => arg
            .value_name("N")
            .value_parser(value_parser!(i64))
            .allow_negative_numbers(true),
        Shape::Number => arg.value_name("N").value_parser(value_parser!(f64)),
        Shape::Truth => arg
            .value_name("true|false")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .hide_possible_values(true)
            .value_parser(BoolishValueParser::new()),
        Shape::List(item) => typed(arg, name, item).action(ArgAction::Append),
        Shape::Record(_) | Shape::Anything => arg.value_name("JSON"),
    }
}

/// A field in a field.
pub(super) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

/// The id of a field's flag.
pub(super) fn body_id(path: &str) -> String {
    format!("field.{path}")
}

/// The id of a secret's `…-file`.
pub(super) fn secret_file(path: &str) -> String {
    format!("secret.file.{path}")
}

/// The id of a secret's `…-env`.
pub(super) fn secret_env(path: &str) -> String {
    format!("secret.env.{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_given_one_by_one() {
        assert_eq!(singular("redirect-uris").as_deref(), Some("redirect-uri"));
        assert_eq!(singular("policies").as_deref(), Some("policy"));
        for whole in ["status", "address", "scope"] {
            assert_eq!(singular(whole), None, "{whole}");
        }
    }

    #[test]
    fn flags_that_mean_something_everywhere_are_not_taken_away() {
        assert_eq!(flag("email_verified"), "email-verified");
        assert_eq!(flag("profile"), "field-profile");
    }
}
