//! `cargo xtask licences`: every crate of the tree against `deny.toml`, with cargo alone.

use std::collections::BTreeSet;

use crate::deny::{self, Deny};
use crate::environment::Environment;
use crate::spdx;
use crate::steps::{Failure, Steps, cargo};

/// Checks licences and unwanted crates of everything that is built or runs, tests included.
pub(crate) fn run(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    steps.check("licences and unwanted crates", || {
        let path = environment.root.join("deny.toml");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
        let deny = deny::parse(&text)?;
        let tree = tree(environment)?;
        let complaints = complaints(&deny, &tree);
        if !complaints.is_empty() {
            return Err(Failure::new(complaints.join("\n")));
        }
        println!(
            "    {} crates, all under licences of deny.toml",
            tree.lines().count()
        );
        Ok(())
    })
}

/// A line a crate: `name v1.2.3|licence`.
fn tree(environment: &Environment) -> Result<String, Failure> {
    let output = cargo(environment)
        .args(["tree", "--workspace", "--edges", "normal,build,dev"])
        .args(["--prefix", "none", "--format", "{p}|{l}"])
        .output()
        .map_err(|error| Failure::new(format!("cannot start cargo tree: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(format!(
            "cargo tree failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    // `(*)` marks a crate whose own dependencies were printed before.
    let crates: BTreeSet<&str> = text
        .lines()
        .map(|line| line.strip_suffix(" (*)").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .collect();
    Ok(crates.into_iter().collect::<Vec<_>>().join("\n"))
}

fn complaints(deny: &Deny, tree: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in tree.lines() {
        let (package, licence) = line.rsplit_once('|').unwrap_or((line, ""));
        let name = package.split(' ').next().unwrap_or(package);
        if deny.crates.iter().any(|banned| banned == name) {
            found.push(format!("{package} is not wanted: see [bans] in deny.toml"));
        }
        if !spdx::satisfied(licence, &deny.licences) {
            let licence = if licence.is_empty() {
                "no licence"
            } else {
                licence
            };
            found.push(format!(
                "{package}: {licence} is not in `allow` of deny.toml"
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unwanted_crate_and_a_foreign_licence_are_named() {
        let deny = Deny {
            licences: vec!["MIT".to_owned()],
            crates: vec!["ring".to_owned()],
        };
        let tree = "good v1.0.0|MIT\nring v0.17.0|MIT\ncopyleft v2.0.0|GPL-3.0-only\nbare v1.0.0|";
        let found = complaints(&deny, tree);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("ring v0.17.0 is not wanted"));
        assert!(found[1].contains("copyleft v2.0.0: GPL-3.0-only"));
        assert!(found[2].contains("bare v1.0.0: no licence"));
    }

    #[test]
    fn a_name_that_only_begins_like_an_unwanted_one_is_fine() {
        let deny = Deny {
            licences: vec!["MIT".to_owned()],
            crates: vec!["rsa".to_owned()],
        };
        assert!(complaints(&deny, "rsa-like v1.0.0|MIT").is_empty());
    }
}
