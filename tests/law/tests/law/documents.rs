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
