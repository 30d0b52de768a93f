//! What to measure, from the command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::load::Length;

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    /// How long each row takes.
    pub(crate) length: Length,
    /// Only rows whose name has this in it.
    pub(crate) only: String,
    /// How many tasks at once, a row each.
    pub(crate) tasks: Vec<usize>,
    /// Where the SQLite file is made.
    pub(crate) folder: PathBuf,
    /// A PostgreSQL database to measure, too. It is filled with rubbish.
    pub(crate) database_url: Option<String>,
}

impl Options {
    /// Reads the arguments; the message of a failure is one line.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut options = Self {
            length: Length::Time(Duration::from_secs(3)),
            only: String::new(),
            tasks: Vec::new(),
            folder: program
                .parent()
                .map_or_else(|| PathBuf::from("."), PathBuf::from),
            database_url: None,
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            let number = || {
                value
                    .parse()
                    .map_err(|_| format!("{name} {value}: not a number"))
            };
            match name.as_str() {
                "--seconds" => options.length = Length::Time(Duration::from_secs(number()?)),
                "--units" => {
                    let units = u32::try_from(number()?).map_err(|e| e.to_string())?;
                    options.length = Length::Units(units);
                }
                "--only" => options.only = value,
                "--tasks" => {
                    let tasks = usize::try_from(number()?).map_err(|e| e.to_string())?;
                    options.tasks.push(tasks);
                }
                "--folder" => options.folder = PathBuf::from(value),
                "--database-url" => options.database_url = Some(value),
                other => {
                    return Err(format!(
                        "{other} is not known; there are --seconds, --units, --tasks, --only, \
                         --folder and --database-url"
                    ));
                }
            }
        }
        if options.tasks.is_empty() {
            options.tasks = vec![16, 64, 256];
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn without_arguments_three_sizes_are_measured() {
        assert_eq!(read("").unwrap().tasks, [16, 64, 256]);
        assert_eq!(read("--tasks 64 --tasks 8").unwrap().tasks, [64, 8]);
    }

    #[test]
    fn a_typing_error_is_named() {
        assert!(
            read("--task 64")
                .unwrap_err()
                .starts_with("--task is not known")
        );
        assert!(read("--tasks many").unwrap_err().contains("not a number"));
        assert!(read("--seconds").unwrap_err().contains("needs a value"));
    }
}
