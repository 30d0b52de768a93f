//! What other programs make of what `lodge` prints for them: bash of its completions, groff of
//! its manual pages; and a terminal of its help.

use std::io::Write as _;
use std::process::{Command, Stdio};

use gatelodge_testkit::Server;

use super::Lodge;

/// What bash offers at the end of a line.
fn offered(lodge: &Lodge, line: &str) -> Vec<String> {
    let script = "source lodge.bash\n\
                  read -r -a COMP_WORDS <<< \"$LINE\"\n\
                  [[ \"$LINE\" == *' ' ]] && COMP_WORDS+=('')\n\
                  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n\
                  _lodge lodge \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"\n\
                  printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    let mut bash = Command::new("bash")
        .args(["--norc", "--noprofile", "-s"])
        .env("LINE", line)
        .current_dir(lodge.home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = bash.stdin.take().unwrap();
    input.write_all(script.as_bytes()).unwrap();
    drop(input);
    let output = bash.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_resources_verbs_flags_and_values() {
    let server = Server::demo();
    let lodge = Lodge::of(&server);
    let script = lodge.run(&["completions", "bash"]).expect(0).out;
    lodge.write("lodge.bash", &script);
    for (line, wanted) in [
        ("lodge us", &["user"][..]),
        ("lodge user cr", &["create", "credentials"]),
        ("lodge user create --usern", &["--username"]),
        ("lodge -r acme user lif", &["lift-throttle"]),
        ("lodge --realm acme mail-template wr", &["write"]),
        (
            "lodge key rotate --alg ",
            &["ES256", "RS256", "PS256", "EdDSA"],
        ),
        ("lodge user list -o ", &["table", "json", "yaml", "ndjson"]),
        (
            "lodge user list --status ",
            &[
                "active",
                "invited",
                "deactivated",
                "suspended",
                "pending_deletion",
            ],
        ),
        ("lodge audit list --outcome ", &["success", "denied"]),
        ("lodge apply --secret-", &["--secret-overlap"]),
    ] {
        assert_eq!(offered(&lodge, line), wanted, "{line}");
    }
    let verbs = offered(&lodge, "lodge throttle ");
    for verb in ["list", "lift"] {
        assert!(verbs.iter().any(|one| one == verb), "{verbs:?}");
    }
}

#[test]
fn every_manual_page_is_typeset_without_a_warning() {
    let server = Server::demo();
    let lodge = Lodge::of(&server);
    lodge.run(&["man", "pages"]).expect(0);
    let pages = std::fs::read_dir(lodge.home.path().join("pages")).unwrap();
    let mut pages: Vec<_> = pages.map(|page| page.unwrap().path()).collect();
    pages.sort_unstable();
    assert!(pages.len() > 100, "{} pages", pages.len());
    // The same name twice would be one page over another.
    for page in &pages {
        let output = Command::new("groff")
            .args(["-man", "-Tutf8", "-Kutf8", "-ww", "-z"])
            .arg(page)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && said.is_empty(),
            "{}: {said}",
            page.display()
        );
    }
}

#[test]
fn help_fits_a_terminal_and_says_something_of_everything() {
    let server = Server::demo();
    let lodge = Lodge::of(&server);
    let whole = lodge.run(&["--help"]).expect(0).out;
    let commands = whole.split("Commands:").nth(1).unwrap();
    let commands = commands.split("Options:").next().unwrap();
    let names = commands.lines().filter_map(|line| line.strip_prefix("  "));
    let names: Vec<&str> = names
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let help = lodge.run(&[name, "--help"]).expect(0).out;
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}
