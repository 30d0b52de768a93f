//! Documents name only what is there.

use gatelodge_law::documents::dead_paths;
use gatelodge_law::repository::{files_with_extension, root};

#[test]
fn every_path_that_a_document_names_exists() {
    let mut dead = Vec::new();
    for file in files_with_extension("", "md").expect("the repository is readable") {
        for path in dead_paths(&file.text, &root()) {
            dead.push(format!("{} names `{path}`, which is not there", file.path));
        }
    }
    assert!(dead.is_empty(), "\n{}", dead.join("\n"));
}

#[test]
fn a_decision_record_is_short_and_has_its_three_parts() {
    let mut faults = Vec::new();
    let records = files_with_extension("docs/adr", "md").expect("docs/adr is readable");
    assert!(!records.is_empty());
    for record in records {
        let lines = record.text.lines().count();
        if lines >= 40 {
            faults.push(format!(
                "{} has {lines} lines: a record stays under 40",
                record.path
            ));
        }
        for part in ["## Context", "## Decision", "## Consequences"] {
            if !record.text.lines().any(|line| line == part) {
                faults.push(format!("{} lacks `{part}`", record.path));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A row of `docs/parity.md` names a story as `module::function`, or a whole `module`.
#[test]
fn every_story_that_the_table_of_parity_names_is_there() {
    let stories = root().join("tests/e2e/tests/e2e");
    let table = std::fs::read_to_string(root().join("docs/parity.md")).expect("docs/parity.md");
    let mut missing = Vec::new();
    let mut rows = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [_, _, shown_by] = cells[..] else {
            missing.push(format!("`{row}` has not three cells"));
            continue;
        };
        if matches!(shown_by.trim(), "—" | "shown by" | "---") {
            continue;
        }
        rows += 1;
        for name in shown_by.split('`').skip(1).step_by(2) {
            let whole = shown_by.contains(&format!("`{name}` (module)"));
            let (module, function) = match name.rsplit_once("::") {
                Some((module, function)) if !whole => (module, Some(function)),
                _ => (name, None),
            };
            let file = stories.join(format!("{}.rs", module.replace("::", "/")));
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let there = match function {
                Some(function) => text.contains(&format!("#[test]\nfn {function}()")),
                None => text.contains("#[test]"),
            };
            if !there {
                missing.push(format!("`{name}` is no story of {}", file.display()));
            }
        }
    }
    assert!(rows > 20, "the table was not read");
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}
