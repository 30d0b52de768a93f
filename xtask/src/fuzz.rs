//! `cargo xtask fuzz`: libFuzzer at every parser of outside input (`fuzz/`), and the replay of
//! what it found worth keeping.
//!
//! Each target has a corpus in `fuzz/corpus` and a floor in `fuzz/floors.txt`: the number of
//! edges that the corpus must reach, so that a lost corpus, or a target that no longer gets to
//! its parser, is seen. On the stable toolchain, hence without a sanitizer. That no kept input
//! breaks a promise is one of the ordinary tests (`tests/parsers`), which need no such build.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::Environment;
use crate::steps::{Failure, Steps, cargo};

/// Needs the whole server as a dependency, which the others do without.
const HOUSE: &str = "configuration";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fuzz {
    /// Seconds for each target; 60 without.
    pub(crate) seconds: Option<u64>,
    /// One target only.
    pub(crate) target: Option<String>,
    /// Make the committed corpus anew from itself and what was found: as few inputs as reach the
    /// same edges.
    pub(crate) keep: bool,
    /// Only replay the committed corpora.
    pub(crate) replay: bool,
}

impl Fuzz {
    /// Reads `[--minutes N] [--target NAME] [--keep] [--replay]`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let mut asked = Self::default();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            match *word {
                "--keep" => asked.keep = true,
                "--replay" => asked.replay = true,
                "--minutes" => {
                    let number = rest.next().and_then(|text| text.parse::<u64>().ok());
                    let minutes = number.filter(|minutes| *minutes > 0);
                    asked.seconds = Some(minutes.ok_or("--minutes takes a number")? * 60);
                }
                "--target" => {
                    let name = rest.next().ok_or("--target takes a name")?;
                    asked.target = Some((*name).to_owned());
                }
                other => return Err(format!("`fuzz` does not take `{other}`")),
            }
        }
        Ok(asked)
    }
}

/// Runs each target for its time, then looks at the floors.
pub(crate) fn run(
    environment: &Environment,
    steps: &mut Steps,
    asked: &Fuzz,
) -> Result<(), Failure> {
    if asked.replay {
        return replay(environment, steps);
    }
    let mut targets = targets(environment)?;
    if let Some(name) = &asked.target {
        targets.retain(|target| target.name == *name);
        if targets.is_empty() {
            return Err(Failure::new(format!("there is no fuzz target `{name}`")));
        }
    }
    ensure(environment, steps)?;
    build(environment, steps, &targets)?;
    for target in &targets {
        target.fuzz(environment, steps, asked.seconds.unwrap_or(60))?;
        if asked.keep {
            target.keep(environment, steps)?;
        }
    }
    floors(environment, steps, &targets)
}

/// Replays the committed corpora of the targets that build without the whole server: those
/// take seconds, while the other would compile everything a second time.
fn replay(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    let mut targets = targets(environment)?;
    targets.retain(|target| target.name != HOUSE);
    ensure(environment, steps)?;
    build(environment, steps, &targets)?;
    floors(environment, steps, &targets)
}

/// A target and how many edges its committed corpus reaches at least.
struct Target {
    name: String,
    floor: u32,
}

/// The table of floors, which is also the list of targets.
fn targets(environment: &Environment) -> Result<Vec<Target>, Failure> {
    let path = environment.root.join("fuzz/floors.txt");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    parse_floors(&text)
}

fn parse_floors(text: &str) -> Result<Vec<Target>, Failure> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, floor) = line.split_once(' ').unwrap_or((line, ""));
            let floor = floor.trim().parse().ok().filter(|floor| *floor > 0);
            let floor = floor.ok_or_else(|| Failure::new(format!("fuzz/floors.txt: {line}")))?;
            Ok(Target {
                name: name.to_owned(),
                floor,
            })
        })
        .collect()
}

/// cargo-fuzz, from crates.io when it is missing.
fn ensure(environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
    if environment.find("cargo-fuzz").is_some() {
        return Ok(());
    }
    let mut install = cargo(environment);
    install
        .args(["install", "cargo-fuzz", "--locked", "--root"])
        .arg(tools(environment));
    steps.run("install cargo-fuzz", &mut install)
}

/// Where it goes when it is installed here.
fn tools(environment: &Environment) -> PathBuf {
    environment.target.join("tools")
}

fn folder(environment: &Environment) -> PathBuf {
    environment.target.join("fuzz")
}

fn build(environment: &Environment, steps: &mut Steps, targets: &[Target]) -> Result<(), Failure> {
    let installed = tools(environment).join("bin/cargo-fuzz");
    let program = environment.find("cargo-fuzz").unwrap_or(installed);
    let mut build = Command::new(program);
    build
        .current_dir(&environment.root)
        // Coverage counters come by RUSTFLAGS; stable has them, a sanitizer it has not.
        .args(["build", "--sanitizer", "none", "--target-dir"])
        .arg(folder(environment));
    if targets.iter().any(|target| target.name == HOUSE) {
        build.args(["--features", "house"]);
    }
    if let [only] = targets {
        build.arg(&only.name);
    }
    steps.run("build the fuzz targets", &mut build)
}

impl Target {
    fn corpus(&self, environment: &Environment) -> PathBuf {
        environment.root.join("fuzz/corpus").join(&self.name)
    }

    /// What runs find goes here first.
    fn scratch(&self, environment: &Environment) -> Result<PathBuf, Failure> {
        let path = folder(environment).join("corpus").join(&self.name);
        make(&path)?;
        Ok(path)
    }

    fn program(&self, environment: &Environment) -> Result<Command, Failure> {
        let triples = std::fs::read_dir(folder(environment)).into_iter().flatten();
        let found = triples
            .flatten()
            .map(|triple| triple.path().join("release").join(&self.name))
            .find(|path| path.is_file());
        let found = found.ok_or_else(|| Failure::new(format!("{} was not built", self.name)))?;
        let crashes = folder(environment).join("crashes").join(&self.name);
        make(&crashes)?;
        let mut command = Command::new(found);
        command.arg(format!("-artifact_prefix={}/", crashes.display()));
        Ok(command)
    }

    fn fuzz(
        &self,
        environment: &Environment,
        steps: &mut Steps,
        seconds: u64,
    ) -> Result<(), Failure> {
        let mut command = self.program(environment)?;
        command
            .arg(format!("-max_total_time={seconds}"))
            .args(["-timeout=10", "-max_len=4096", "-print_final_stats=1"])
            .arg(self.scratch(environment)?)
            .arg(self.corpus(environment));
        steps.run(&format!("fuzz: {}", self.name), &mut command)
    }

    /// As few inputs, of the committed ones and of what runs found, as reach the same edges;
    /// how often an edge is met counts for runs, not for what is kept.
    fn keep(&self, environment: &Environment, steps: &mut Steps) -> Result<(), Failure> {
        let committed = self.corpus(environment);
        make(&committed)?;
        let kept = folder(environment).join("kept").join(&self.name);
        empty(&kept)?;
        let mut command = self.program(environment)?;
        command
            .args(["-set_cover_merge=1", "-use_counters=0"])
            .args([&kept, &committed, &self.scratch(environment)?]);
        steps.run(&format!("keep: {}", self.name), &mut command)?;
        empty(&committed)?;
        copy(&kept, &committed)
    }

    /// Replays the committed corpus and answers how many edges it reaches.
    fn edges(&self, environment: &Environment) -> Result<u32, Failure> {
        let corpus = self.corpus(environment);
        let output = self
            .program(environment)?
            .args(["-runs=0", "-timeout=10"])
            .arg(&corpus)
            .output()
            .map_err(|error| Failure::new(format!("cannot start {}: {error}", self.name)))?;
        let told = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(Failure::new(format!("{} failed:\n{told}", self.name)));
        }
        Ok(edges(&told).unwrap_or(0))
    }
}

fn make(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path)
        .map_err(|error| Failure::new(format!("cannot make {}: {error}", path.display())))
}

/// A folder with nothing in it.
fn empty(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        std::fs::remove_dir_all(path)
            .map_err(|error| Failure::new(format!("cannot empty {}: {error}", path.display())))?;
    }
    make(path)
}

/// Copies the files of one folder into another.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::new(format!("cannot copy {}: {error}", from.display()));
    for file in std::fs::read_dir(from).map_err(failed)? {
        let file = file.map_err(failed)?;
        std::fs::copy(file.path(), to.join(file.file_name())).map_err(failed)?;
    }
    Ok(())
}

/// The last number after `cov:` in what libFuzzer tells.
fn edges(told: &str) -> Option<u32> {
    let (_, rest) = told.rsplit_once("cov: ")?;
    rest.split_whitespace().next()?.parse().ok()
}

fn floors(environment: &Environment, steps: &mut Steps, targets: &[Target]) -> Result<(), Failure> {
    steps.check("replay the fuzz corpora", || {
        let mut short = Vec::new();
        for target in targets {
            let edges = target.edges(environment)?;
            let (name, floor) = (&target.name, target.floor);
            println!("    {name:<24} {edges:>6} edges, at least {floor}");
            if edges < floor {
                short.push(format!("{name} reaches {edges} edges of {floor}"));
            }
        }
        if short.is_empty() {
            Ok(())
        } else {
            Err(Failure::new(short.join("\n")))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_understood() {
        assert_eq!(Fuzz::parse(&[]), Ok(Fuzz::default()));
        let asked = Fuzz::parse(&["--minutes", "5", "--target", "jws", "--keep"]);
        let expected = Fuzz {
            seconds: Some(300),
            target: Some("jws".to_owned()),
            keep: true,
            replay: false,
        };
        assert_eq!(asked, Ok(expected));
        for wrong in [&["--minutes", "0"][..], &["--target"], &["jws"]] {
            assert!(Fuzz::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_edges_are_read_from_what_libfuzzer_tells() {
        let told = "#12\tINITED cov: 345 ft: 400 corp: 7/52b\n#12\tDONE cov: 346 ft: 1\n";
        assert_eq!(edges(told), Some(346));
        assert_eq!(edges("nothing"), None);
    }

    #[test]
    fn every_target_has_a_floor_and_every_floor_a_target() {
        let targets = parse_floors(include_str!("../../fuzz/floors.txt")).expect("the table");
        let manifest = include_str!("../../fuzz/Cargo.toml");
        let mut named: Vec<&str> = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"))
            .filter_map(|line| line.strip_suffix(".rs\""))
            .collect();
        named.sort_unstable();
        let mut floors: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        floors.sort_unstable();
        assert_eq!(floors, named);
        assert!(parse_floors("jws\n").is_err());
    }
}
