//! What a person at a terminal gets besides the data: questions before something is gone, and a
//! line that says how far long work has come.

use std::fmt::Write as _;

use gatelodge_testkit::Server;

use super::Lodge;

#[test]
fn a_person_is_asked_before_something_is_gone() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let question = "user delete ada in realm default: is that meant? [y/N] ";
    for (answer, status) in [("n", 1), ("", 1), ("y", 0)] {
        lodge.run(&["user", "get", "ada"]).expect(0);
        let mut terminal = lodge.at_a_terminal("user delete ada");
        terminal.answer(question, answer);
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(status), "{answer}: {shown}");
    }
    lodge.run(&["user", "get", "ada"]).expect(1);

    lodge.run(&["role", "create", "--name", "stray"]).expect(0);
    lodge.write("realm.yaml", "kind: realm\nname: default\n");
    let mut terminal = lodge.at_a_terminal("apply -f realm.yaml --prune");
    terminal.answer("delete these: is that meant? [y/N] ", "n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("- role stray"), "{shown}");
    let (code, shown) = lodge.at_a_terminal("role delete stray --yes").end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("[y/N]"), "{shown}");
}

#[test]
fn long_work_says_how_far_it_has_come() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let mut people = String::new();
    for number in 0..8_000 {
        writeln!(people, "{{\"username\": \"crowd-{number}\"}}").unwrap();
    }
    lodge.write("people.ndjson", &people);
    let (code, shown) = lodge.at_a_terminal("user import people.ndjson").end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("sending people.ndjson ["), "{shown}");
    assert!(shown.contains("% of"), "{shown}");
    assert!(shown.contains("8000"), "{shown}");
    // Programs that read both streams find the report and nothing else.
    let again = ["user", "import", "people.ndjson", "--on-conflict", "skip"];
    let said = lodge.run(&again).expect(0);
    assert_eq!(said.err, "");
}

#[test]
fn what_is_said_amid_long_work_stands_on_lines_of_its_own() {
    let server = Server::demo();
    let lodge = Lodge::signed_in(&server);
    let mut roles = String::new();
    for number in 0..120 {
        writeln!(roles, "---\nkind: role\nname: crowd-{number}").unwrap();
    }
    lodge.write("roles.yaml", &roles);
    let (code, shown) = lodge.at_a_terminal("apply -f roles.yaml").end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("applying ["), "{shown}");
    let made: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("+ role"))
        .collect();
    assert_eq!(made.len(), 120, "{shown}");
    for line in made {
        // What was drawn before is wiped away.
        let seen = line.rsplit("\u{1b}[2K").next().unwrap();
        assert!(!seen.contains("applying ["), "{line:?}");
    }
}
