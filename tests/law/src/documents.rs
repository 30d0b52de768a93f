//! Paths that the documents name: what stands between backticks and looks like a path of this
//! repository must exist, or the document has been left behind.

use std::path::Path;

const EXTENSIONS: [&str; 10] = [
    "css", "html", "js", "json", "lock", "md", "mjs", "py", "rs", "toml",
];

/// Paths of the repository that `text` names in backticks and that are not there.
pub fn dead_paths(text: &str, root: &Path) -> Vec<String> {
    let mut dead: Vec<String> = code_spans(text)
        .filter(|span| looks_like_a_path(span, root))
        .filter(|span| !root.join(certain_part(span)).exists())
        .map(str::to_owned)
        .collect();
    dead.sort_unstable();
    dead.dedup();
    dead
}

/// What stands between single backticks on one line, outside fenced blocks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines()
        .filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fence && !fenced
        })
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// A relative path: no spaces, and either a folder of the root comes first, or it ends like a
/// folder or a source file. `application/json` is a media type, `/oauth2/token` an address.
fn looks_like_a_path(span: &str, root: &Path) -> bool {
    let Some((first, rest)) = span.split_once('/') else {
        return false;
    };
    let plain =
        |character: char| character.is_ascii_alphanumeric() || ".-_/<>*…".contains(character);
    if first.is_empty() || !span.chars().all(plain) || first.starts_with('<') {
        return false;
    }
    if ["target", "data", "http:", "https:"].contains(&first) || span.starts_with("./") {
        return false;
    }
    let source = Path::new(rest)
        .extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| EXTENSIONS.contains(&extension));
    if source || rest.is_empty() || rest.ends_with('/') {
        return true;
    }
    root.join(first).is_dir() && (first != "application" || root.join(span).exists())
}

/// The part before the first placeholder, down to its last whole folder.
fn certain_part(span: &str) -> &str {
    match span.find(['<', '*', '…']) {
        Some(at) => span[..at].rfind('/').map_or("", |slash| &span[..slash]),
        None => span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::root;

    #[test]
    fn a_path_that_is_not_there_is_found_and_one_that_is_there_is_not() {
        let text = "See `tests/law/Cargo.toml`, `tests/lore/Cargo.toml` and `nowhere/`.";
        assert_eq!(
            dead_paths(text, &root()),
            ["nowhere/", "tests/lore/Cargo.toml"]
        );
    }

    #[test]
    fn a_placeholder_is_believed_and_the_folder_before_it_is_not() {
        let text = "Add `tests/law/src/<name>.rs`, not `tests/lore/<name>.rs`.";
        assert_eq!(dead_paths(text, &root()), ["tests/lore/<name>.rs"]);
    }

    #[test]
    fn addresses_media_types_and_fenced_blocks_are_no_paths() {
        let text = "`/oauth2/token` `application/json` `http://a/b.rs` `a b/c.rs` `target/debug`\n\
                    ```\n`no/where.rs`\n```\n";
        assert!(dead_paths(text, &root()).is_empty());
    }
}
