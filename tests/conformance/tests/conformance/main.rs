//! Every promise is in the list that the macro makes tests of.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_promise_is_in_the_suite() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let suite = fs::read_to_string(source.join("suite.rs")).unwrap();
    let listed: BTreeSet<&str> = suite.split_whitespace().collect();
    let mut missing = Vec::new();
    let mut promises = 0;
    for entry in fs::read_dir(source.join("promises")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn "))
        {
            let name = line.split('(').next().unwrap();
            promises += 1;
            if !listed.contains(name) {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(promises > 100, "the promises were not found");
    assert_eq!(missing, Vec::<String>::new());
}
