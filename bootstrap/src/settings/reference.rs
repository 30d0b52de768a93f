//! The configuration reference, made from `defaults.toml`, so that what is documented is what
//! is built in.

use core::fmt::Write as _;

use super::layers::DEFAULTS;
use super::options::{self, Kind};

const INTRODUCTION: &str = "# Configuration

This page is generated from `bootstrap/defaults.toml`, which is compiled into the binary; run
`UPDATE_GOLDEN=1 cargo test -p gatelodge-bootstrap` after changing it.

Gatelodge needs no configuration to start on one machine. What can be set comes in layers, and
later ones win:

1. the defaults below,
2. `gatelodge.toml` in the working folder, or the file that `--config` names,
3. environment variables `GATELODGE__SECTION__KEY`, as `GATELODGE__SERVER__PUBLIC_URL`,
4. flags (`gatelodge serve --help`).

An unknown key in any of them stops the start with the nearest known one. `gatelodge config`
prints every value in effect with its source, secrets masked.

Any secret can be given as a file: put `_file` behind its key, as `master_key_file`. Where both
forms are given in different layers, the later layer counts. A list in an environment variable
or flag is separated by commas.

Only what belongs to the process is configured here. Lifetimes, policies and looks belong to a
realm or a client; they are in the database and changed through the admin API.
";

/// The reference as Markdown.
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut section = String::new();
    let mut about = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            about.push(comment);
        } else if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            name.clone_into(&mut section);
            about.clear();
            let heading = "| key | default | allowed | what it is |\n| --- | --- | --- | --- |";
            let _ = write!(page, "\n## `[{section}]`\n\n{heading}\n");
        } else if let Some((key, value)) = line.split_once(" = ") {
            let full = format!("{section}.{key}");
            let kind = options::find(&full).map_or(Kind::Text, |option| option.kind);
            let _ = writeln!(
                page,
                "| `{key}` | `{value}` | {} | {} |",
                kind.allowed(),
                about.join(" ")
            );
            about.clear();
        } else {
            about.clear();
        }
    }
    page
}
