//! What to measure, from the command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::roads::Road;

/// What the command line may say, for a person who got it wrong.
pub const USAGE: &str = "\
options: --roads a,b          only these roads
         --rounds N           rounds of each, ours and the reference in turn (6)
         --seconds N          how long a round takes (5)
         --connections a,b    connections (64,256)
         --people N           people, clients and tokens (10000)
         --quick              a first look: 2 rounds of 2 s, 64 connections, 1000 people
         --skip-meanwhile     leave out the other roads under a saturated hashing pool
         --out DIR            where report.json and the data go (bench/ in the target folder)";

/// What to measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Which roads, in order.
    pub roads: Vec<Road>,
    /// Rounds of each.
    pub rounds: usize,
    /// How long a round takes.
    pub time: Duration,
    /// How many connections, a set of rounds each.
    pub connections: Vec<usize>,
    /// How many people, clients and tokens.
    pub people: usize,
    /// Whether the other roads are looked at while passwords saturate the pool.
    pub meanwhile: Meanwhile,
    /// Where everything is written.
    pub out: PathBuf,
}

/// Whether the other roads are looked at while passwords saturate the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    /// They are, where `password` is measured.
    Look,
    /// They are not.
    Skip,
}

impl Options {
    /// Reads the arguments; the message of a failure is one line.
    pub fn read(arguments: impl Iterator<Item = String>, out: PathBuf) -> Result<Self, String> {
        let mut options = Self {
            roads: Road::ALL.to_vec(),
            rounds: 6,
            time: Duration::from_secs(5),
            connections: vec![64, 256],
            people: 10_000,
            meanwhile: Meanwhile::Look,
            out,
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--quick" => {
                    options.rounds = 2;
                    options.time = Duration::from_secs(2);
                    options.connections = vec![64];
                    options.people = 1_000;
                    continue;
                }
                "--skip-meanwhile" => {
                    options.meanwhile = Meanwhile::Skip;
                    continue;
                }
                _ => {}
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value, or is not known"))?;
            options.set(&name, &value)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let number = |text: &str| match text.parse::<usize>() {
            Ok(number @ 1..) => Ok(number),
            _ => Err(format!("{name} {value}: not a number above zero")),
        };
        match name {
            "--roads" => {
                self.roads = value
                    .split(',')
                    .map(|word| {
                        Road::parse(word).ok_or_else(|| {
                            let names: Vec<&str> = Road::ALL.iter().map(|r| r.as_str()).collect();
                            format!("there is no road `{word}`; there are {}", names.join(", "))
                        })
                    })
                    .collect::<Result<_, _>>()?;
            }
            "--rounds" => self.rounds = number(value)?,
            "--seconds" => self.time = Duration::from_secs(number(value)? as u64),
            "--connections" => {
                self.connections = value.split(',').map(number).collect::<Result<_, _>>()?;
            }
            "--people" => self.people = number(value)?,
            "--out" => self.out = PathBuf::from(value),
            other => return Err(format!("{other} is not known\n{USAGE}")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        let words = line.split_whitespace().map(str::to_owned);
        Options::read(words, PathBuf::from("target/bench"))
    }

    #[test]
    fn without_arguments_everything_is_measured_as_the_targets_ask() {
        let options = read("").unwrap();
        assert_eq!(options.roads, Road::ALL);
        assert_eq!((options.rounds, options.time.as_secs()), (6, 5));
        assert_eq!(options.connections, [64, 256]);
        assert_eq!(options.people, 10_000);
    }

    #[test]
    fn a_quick_look_can_be_made_less_quick() {
        let options = read("--quick --seconds 3 --roads jwks,refresh --connections 8").unwrap();
        assert_eq!((options.rounds, options.time.as_secs()), (2, 3));
        assert_eq!(options.roads, [Road::Jwks, Road::Refresh]);
        assert_eq!(options.connections, [8]);
    }

    #[test]
    fn a_typing_error_is_named() {
        for (line, named) in [
            ("--roads jkws", "`jkws`"),
            ("--rounds 0", "--rounds 0"),
            ("--fast 1", "--fast"),
            ("--seconds", "--seconds"),
        ] {
            assert!(read(line).unwrap_err().contains(named), "{line}");
        }
    }
}
