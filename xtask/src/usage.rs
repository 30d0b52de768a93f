//! The command line: which chores there are and how they are asked for.

use crate::bench::Bench;
use crate::fuzz::Fuzz;
use crate::interop::Run;

/// What `cargo xtask help` prints.
pub(crate) const TEXT: &str = "\
Usage: cargo xtask <chore>

  test                            everything: formatting, licences, deploy/, clippy, all tests
                                  (PostgreSQL's too), five minutes of soak, interop
  interop [node|python|schemathesis|browser|pages]
                                  clients that nobody here wrote, the OpenAPI documents tried
                                  out, and every page looked at, against the real binary
  fuzz [--minutes N] [--target NAME] [--keep] [--replay]
                                  libFuzzer at every parser of outside input, a minute each;
                                  --keep makes fuzz/corpus anew with what it finds, --replay
                                  only runs that against the floors
  bench [--quick]                 everything that target/bench/report.json tells: the house,
                                  then the roads, in about an hour; --quick for a first look
  bench [roads] [options]         every road of the server against the reference, in release
                                  mode; bench/README.md has the options
  bench house [options]           memory, cold start, growth
  bench store [options]           the storage road
  bench signing [seconds]         our signatures against bare ones with a held key
  bench enumeration [--tries N]   whether the time of a failed sign-in tells who exists
  torture [--kills N] [--storage sqlite|postgres|both] [--seed N]
                                  kill the server under load, 300 times on each storage, and
                                  check after each start every answer that a client got
  soak [--minutes N] [--rate R] [--residents N] [--storage sqlite|postgres]
                                  a long life under load: what grows, in target/soak/report.json
  cluster [--short] [--previous SERVER]
                                  three nodes behind nginx on one PostgreSQL: they behave as one,
                                  also while nodes, release and database change under load
  deploy                          nginx, Caddy, systemd, Prometheus, Kubernetes and Compose read
                                  what deploy/ has for them
  openapi                         write openapi/auth.json and openapi/admin.json
  licences                        every dependency's licence against deny.toml
  help                            this text

What is missing is installed (Debian packages when run as root, a Python environment under the
target folder, npm packages from their lock file), or the line that installs it is printed.";

/// A chore that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    /// Print the usage.
    Help,
    /// All checks.
    Test,
    /// The foreign clients: these runs, in this order.
    Interop(Vec<Run>),
    /// A bench.
    Bench(Bench),
    /// The kill test; what follows is handed to it.
    Torture(Vec<String>),
    /// The soak; what follows is handed to it.
    Soak(Vec<String>),
    /// Several nodes; what follows is handed to the runner.
    Cluster(Vec<String>),
    /// Fuzz the parsers.
    Fuzz(Fuzz),
    /// Check what is in deploy/.
    Deploy,
    /// Write the OpenAPI documents.
    OpenApi,
    /// Check licences and unwanted crates.
    Licences,
}

/// Reads the words after `cargo xtask`; the error is a sentence for the person who typed them.
pub(crate) fn parse(words: &[String]) -> Result<Chore, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => Err("which chore?".to_owned()),
        // Of any chore, before anything is built for it.
        words if words.iter().any(|word| matches!(*word, "--help" | "-h")) => Ok(Chore::Help),
        ["help"] => Ok(Chore::Help),
        ["test"] => Ok(Chore::Test),
        ["deploy"] => Ok(Chore::Deploy),
        ["interop"] => Ok(Chore::Interop(Run::ALL.to_vec())),
        ["interop", name] => match Run::ALL.into_iter().find(|run| run.name() == *name) {
            Some(run) => Ok(Chore::Interop(vec![run])),
            None => Err(format!(
                "there is no interop run `{name}`; it is one of node, python, \
                 schemathesis, browser, pages"
            )),
        },
        ["bench", rest @ ..] => Ok(Chore::Bench(Bench::parse(rest))),
        ["torture", rest @ ..] => Ok(Chore::Torture(owned(rest))),
        ["soak", rest @ ..] => Ok(Chore::Soak(owned(rest))),
        ["cluster", rest @ ..] => Ok(Chore::Cluster(owned(rest))),
        ["fuzz", rest @ ..] => Fuzz::parse(rest).map(Chore::Fuzz),
        ["openapi"] => Ok(Chore::OpenApi),
        ["licences"] => Ok(Chore::Licences),
        [
            chore @ ("help" | "test" | "interop" | "deploy" | "openapi" | "licences"),
            rest @ ..,
        ] => Err(format!("`{chore}` does not take `{}`", rest.join(" "))),
        [chore, ..] => Err(format!("there is no chore `{chore}`")),
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Chore, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn every_documented_chore_is_understood() {
        assert_eq!(parsed("help"), Ok(Chore::Help));
        assert_eq!(parsed("cluster --short --help"), Ok(Chore::Help));
        assert_eq!(parsed("deploy"), Ok(Chore::Deploy));
        assert_eq!(parsed("test"), Ok(Chore::Test));
        assert_eq!(parsed("interop"), Ok(Chore::Interop(Run::ALL.to_vec())));
        assert_eq!(
            parsed("interop python"),
            Ok(Chore::Interop(vec![Run::Python]))
        );
        assert_eq!(
            parsed("interop pages"),
            Ok(Chore::Interop(vec![Run::Pages]))
        );
        assert_eq!(
            parsed("bench"),
            Ok(Chore::Bench(Bench::Everything(Vec::new())))
        );
        assert_eq!(
            parsed("bench signing"),
            Ok(Chore::Bench(Bench::Signing(Vec::new())))
        );
        let words = |words: &[&str]| owned(words);
        assert_eq!(
            parsed("torture --kills 3"),
            Ok(Chore::Torture(words(&["--kills", "3"])))
        );
        assert_eq!(parsed("soak"), Ok(Chore::Soak(Vec::new())));
        assert_eq!(
            parsed("cluster --short"),
            Ok(Chore::Cluster(vec!["--short".to_owned()]))
        );
        assert_eq!(parsed("openapi"), Ok(Chore::OpenApi));
        assert_eq!(parsed("licences"), Ok(Chore::Licences));
    }

    #[test]
    fn a_wrong_word_is_named_in_the_complaint() {
        for (line, named) in [
            ("tset", "`tset`"),
            ("test --fast", "`--fast`"),
            ("deploy --fast", "`--fast`"),
            ("interop ruby", "`ruby`"),
        ] {
            let complaint = parsed(line).expect_err(line);
            assert!(complaint.contains(named), "{line}: {complaint}");
        }
        assert!(parsed("").is_err());
    }
}
