//! The two lists of `deny.toml` that we hold the tree against.
//!
//! Not a TOML parser, which this program does without: it reads the arrays `allow` of
//! `[licenses]` and `deny` of `[bans]` as that file writes them, an entry a line, and says so
//! when it finds none, so that a change of layout cannot empty the check.

use crate::steps::Failure;

/// What `deny.toml` says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deny {
    /// SPDX licences (with their exception) that may be in the tree.
    pub(crate) licences: Vec<String>,
    /// Names of crates that may not.
    pub(crate) crates: Vec<String>,
}

/// Reads the text of `deny.toml`.
pub(crate) fn parse(text: &str) -> Result<Deny, Failure> {
    let licences: Vec<String> = entries(text, "[licenses]", "allow")
        .filter_map(first_quoted)
        .collect();
    let crates: Vec<String> = entries(text, "[bans]", "deny")
        .filter_map(first_quoted)
        .collect();
    if licences.is_empty() || crates.is_empty() {
        return Err(Failure::new(
            "deny.toml: `allow` of [licenses] and `deny` of [bans] must be arrays with one entry \
             a line",
        ));
    }
    Ok(Deny { licences, crates })
}

/// The lines between `key = [` and `]` in one section.
fn entries<'text>(
    text: &'text str,
    section: &'text str,
    key: &'text str,
) -> impl Iterator<Item = &'text str> {
    text.lines()
        .map(str::trim)
        .skip_while(move |line| *line != section)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .skip_while(move |line| {
            line.strip_prefix(key)
                .is_none_or(|rest| rest.trim_start() != "= [")
        })
        .skip(1)
        .take_while(|line| *line != "]")
        .filter(|line| !line.starts_with('#'))
}

fn first_quoted(line: &str) -> Option<String> {
    line.split('"').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_read_and_comments_are_not() {
        let deny = parse(
            "[licenses]\nallow = [\n  # \"GPL-3.0\",\n  \"MIT\",\n  \"ISC\", # why\n]\n\n\
             [bans]\nwildcards = \"allow\"\ndeny = [\n  { crate = \"ring\", reason = \"x\" },\n]\n",
        )
        .expect("parsed");
        assert_eq!(deny.licences, ["MIT", "ISC"]);
        assert_eq!(deny.crates, ["ring"]);
    }

    #[test]
    fn an_empty_list_is_refused() {
        assert!(parse("[licenses]\nallow = []\n[bans]\ndeny = []\n").is_err());
    }

    #[test]
    fn the_file_of_this_repository_is_understood() {
        let deny = parse(include_str!("../../deny.toml")).expect("parsed");
        assert!(
            deny.licences
                .iter()
                .any(|licence| licence == "Apache-2.0 WITH LLVM-exception")
        );
        assert!(deny.crates.iter().any(|name| name == "ring"));
        assert!(!deny.licences.iter().any(|licence| licence.contains("GPL")));
    }
}
