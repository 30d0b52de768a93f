//! What to measure, from the command line.

use std::path::PathBuf;

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Resident memory.
    Memory,
    /// From exec to the first token.
    Cold,
    /// A filled house against an empty one.
    Growth,
}

impl Part {
    const ALL: [Self; 3] = [Self::Memory, Self::Cold, Self::Growth];

    /// As it is asked for.
    const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cold => "cold",
            Self::Growth => "growth",
        }
    }

    /// The line above its progress.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Memory => "memory: anonymous resident, at rest, under load and after it",
            Self::Cold => "cold start: from exec to the first token",
            Self::Growth => "growth: a filled house against an empty one",
        }
    }
}

/// What to measure, and how much of it.
#[derive(Debug)]
pub(crate) struct Options {
    /// In this order.
    pub(crate) parts: Vec<Part>,
    /// Small sizes, to try the bench itself; its figures say little.
    pub(crate) quick: bool,
    /// The server's binary.
    pub(crate) server: PathBuf,
    /// Where data folders are made; must be on a disk, because an fsync in memory costs nothing.
    pub(crate) folder: PathBuf,
    /// A filled house to measure instead of a new one; filled here if it does not exist, and
    /// kept.
    pub(crate) filled: Option<PathBuf>,
    /// The report.
    pub(crate) out: PathBuf,
}

impl Options {
    /// What there is to ask for.
    pub(crate) const USAGE: &'static str = "\
usage: gatelodge-bench-house [memory] [cold] [growth] [--quick]
       [--server FILE] [--folder DIR] [--filled DIR] [--out FILE]

Without a part, all of them. --server is the `gatelodge` beside this program, --folder the folder
of this program, --out ../bench/house.json from there. --filled keeps the filled data folder for
another run.";

    /// Reads the arguments; the message of a failure is one line.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let beside = program.parent().unwrap_or(&program).to_owned();
        let mut options = Self {
            parts: Vec::new(),
            quick: false,
            server: beside.join("gatelodge"),
            out: beside.join("../bench/house.json"),
            folder: beside,
            filled: None,
        };
        while let Some(word) = arguments.next() {
            if let Some(part) = Part::ALL.into_iter().find(|part| part.name() == word) {
                options.parts.push(part);
                continue;
            }
            if word == "--quick" {
                options.quick = true;
                continue;
            }
            let mut value = || {
                let value = arguments.next().map(PathBuf::from);
                value.ok_or_else(|| format!("{word} needs a value"))
            };
            match word.as_str() {
                "--server" => options.server = value()?,
                "--folder" => options.folder = value()?,
                "--filled" => options.filled = Some(value()?),
                "--out" => options.out = value()?,
                _ => return Err(format!("{word} is not known")),
            }
        }
        if options.parts.is_empty() {
            options.parts = Part::ALL.to_vec();
        }
        Ok(options)
    }

    /// One of two sizes.
    pub(crate) const fn size<T: Copy>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn without_a_part_all_are_measured() {
        assert_eq!(read("--quick").unwrap().parts, Part::ALL);
        let some = read("growth cold").unwrap();
        assert_eq!(some.parts, [Part::Growth, Part::Cold]);
        assert_eq!(some.size(1_000, 10), 1_000);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert_eq!(read("memories").unwrap_err(), "memories is not known");
        assert_eq!(read("--out").unwrap_err(), "--out needs a value");
    }
}
