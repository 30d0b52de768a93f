//! The command line: which chores there are and how they are asked for.

use crate::interop::Run;

/// What `cargo xtask help` prints.
pub(crate) const TEXT: &str = "\
Usage: cargo xtask <chore>

  test                            everything: formatting, clippy, all tests (PostgreSQL's too),
                                  OpenAPI documents, licences, interop
  interop [node|python|browser|pages]
                                  clients that nobody here wrote, and every page looked at,
                                  against the real binary
  bench store [options]           the storage road, in release mode
  bench signing [seconds]         our signatures against bare ones with a held key
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
    /// The storage bench; what follows is handed to it.
    BenchStore(Vec<String>),
    /// The signing bench; what follows is handed to it.
    BenchSigning(Vec<String>),
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
        ["help" | "--help" | "-h"] => Ok(Chore::Help),
        ["test"] => Ok(Chore::Test),
        ["interop"] => Ok(Chore::Interop(Run::ALL.to_vec())),
        ["interop", name] => match Run::ALL.into_iter().find(|run| run.name() == *name) {
            Some(run) => Ok(Chore::Interop(vec![run])),
            None => Err(format!(
                "there is no interop run `{name}`; it is one of node, python, browser, pages"
            )),
        },
        ["bench", "store", rest @ ..] => Ok(Chore::BenchStore(
            rest.iter().map(|&word| word.to_owned()).collect(),
        )),
        ["bench", "signing", rest @ ..] => Ok(Chore::BenchSigning(
            rest.iter().map(|&word| word.to_owned()).collect(),
        )),
        ["bench", ..] => Err("which bench? There are `bench store` and `bench signing`".to_owned()),
        ["openapi"] => Ok(Chore::OpenApi),
        ["licences"] => Ok(Chore::Licences),
        [
            chore @ ("help" | "test" | "interop" | "openapi" | "licences"),
            rest @ ..,
        ] => Err(format!("`{chore}` does not take `{}`", rest.join(" "))),
        [chore, ..] => Err(format!("there is no chore `{chore}`")),
    }
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
            parsed("bench store --tasks 64"),
            Ok(Chore::BenchStore(vec![
                "--tasks".to_owned(),
                "64".to_owned()
            ]))
        );
        assert_eq!(parsed("bench signing"), Ok(Chore::BenchSigning(Vec::new())));
        assert_eq!(parsed("openapi"), Ok(Chore::OpenApi));
        assert_eq!(parsed("licences"), Ok(Chore::Licences));
    }

    #[test]
    fn a_wrong_word_is_named_in_the_complaint() {
        for (line, named) in [
            ("tset", "`tset`"),
            ("test --fast", "`--fast`"),
            ("interop ruby", "`ruby`"),
            ("bench", "`bench store`"),
        ] {
            let complaint = parsed(line).expect_err(line);
            assert!(complaint.contains(named), "{line}: {complaint}");
        }
        assert!(parsed("").is_err());
    }
}
