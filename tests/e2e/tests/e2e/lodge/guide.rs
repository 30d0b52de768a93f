//! The guide's own example, word by word.

use std::path::Path;

use gatelodge_testkit::Server;

use super::Lodge;

/// The first block of that language in the guide.
fn block(language: &str) -> String {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/lodge.md");
    let text = std::fs::read_to_string(guide).unwrap();
    let begin = format!("```{language}\n");
    let (_, rest) = text.split_once(&begin).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_realm_of_the_guide_can_be_made() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server).with("BILLING_SECRET", &"x1-".repeat(16));
    lodge.write("acme.yaml", &block("yaml"));
    lodge.run(&["apply", "-f", "acme.yaml"]).expect(0);
    let said = lodge.run(&["diff", "-f", "acme.yaml"]).expect(0);
    assert!(said.err.contains("No differences."), "{}", said.err);
    let client = lodge.json(&["client", "get", "shop", "-r", "acme"]);
    assert_eq!(client["client_name"], "Shop");
}
