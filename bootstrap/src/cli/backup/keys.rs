//! The keys in a copy: the master key and the database key, sealed under a passphrase.

use std::io::IsTerminal as _;
use std::path::Path;

use gatelodge_crypto::{OpensslRng, open_under_passphrase, seal_under_passphrase};
use gatelodge_domain::{SecretBytes, SecretText};
use serde_json::{Value, json};

use super::manifest::{KEYS, bytes_of, damaged, hexadecimal};
use crate::stop::Stop;

/// A passphrase is guessed offline by whoever has the copy; shorter ones are not worth their
/// name. Counted in characters.
const SHORTEST: usize = 12;

/// What opens a store.
pub(crate) struct Keys {
    /// `gl_mk_…`
    pub(crate) master: SecretText,
    /// The raw key of an encrypted database.
    pub(crate) database: Option<SecretBytes>,
}

impl Keys {
    /// Writes them to the folder of a copy.
    pub(crate) fn seal(&self, folder: &Path, passphrase: &SecretText) -> Result<(), Stop> {
        let database = self.database.as_ref().map(|key| hexadecimal(key.expose()));
        let plain =
            json!({"master_key": self.master.expose().trim_end(), "database_key": database});
        let plain = SecretBytes::new(plain.to_string().into_bytes());
        let sealed = seal_under_passphrase(passphrase, &plain, &OpensslRng)
            .map_err(|error| Stop::because("the keys cannot be sealed", &error))?;
        super::write_private(&folder.join(KEYS), &sealed)
    }

    /// Reads them out of sealed bytes.
    pub(crate) fn open(sealed: &[u8], passphrase: &SecretText) -> Result<Self, Stop> {
        let plain = open_under_passphrase(passphrase, sealed).map_err(|_| {
            Stop::failure("the keys in the copy do not open: the passphrase is another one")
        })?;
        let read = || {
            let value: Value = serde_json::from_slice(plain.expose()).ok()?;
            let database = match value["database_key"].as_str() {
                Some(digits) => Some(SecretBytes::new(bytes_of(digits)?)),
                None => None,
            };
            Some(Self {
                master: SecretText::new(value["master_key"].as_str()?.to_owned()),
                database,
            })
        };
        read().ok_or_else(|| damaged(&format!("{KEYS} opens and holds no keys")))
    }
}

/// The passphrase of a new copy: from the file, or asked for twice.
pub(crate) fn new_passphrase(file: Option<&Path>) -> Result<SecretText, Stop> {
    if let Some(file) = file {
        let passphrase = from_file(file)?;
        return match weakness(&passphrase) {
            Some(why) => Err(Stop::usage(format!("{}: {why}", file.display()))),
            None => Ok(passphrase),
        };
    }
    terminal()?;
    loop {
        let first = hidden("Passphrase for the keys: ")?;
        if let Some(why) = weakness(&first) {
            eprintln!("That cannot be used: {why}.");
        } else if hidden("The same again: ")?.expose() == first.expose() {
            return Ok(first);
        } else {
            eprintln!("They differ; once more, please.");
        }
    }
}

/// The passphrase of a copy that is there: from the file, or asked for.
pub(crate) fn known_passphrase(file: Option<&Path>) -> Result<SecretText, Stop> {
    if let Some(file) = file {
        return from_file(file);
    }
    terminal()?;
    hidden("Passphrase of the copy's keys: ")
}

fn weakness(passphrase: &SecretText) -> Option<String> {
    let length = passphrase.expose().chars().count();
    (length < SHORTEST)
        .then(|| format!("a passphrase has at least {SHORTEST} characters, this one has {length}"))
}

fn from_file(file: &Path) -> Result<SecretText, Stop> {
    let mut text = std::fs::read_to_string(file)
        .map_err(|error| Stop::usage(format!("{} cannot be read: {error}", file.display())))?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(SecretText::new(text))
}

fn terminal() -> Result<(), Stop> {
    if std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Stop::usage(
        "there is no terminal to ask for a passphrase at; give --passphrase-file",
    ))
}

fn hidden(what: &str) -> Result<SecretText, Stop> {
    rpassword::prompt_password(what)
        .map(SecretText::new)
        .map_err(|error| Stop::failure(format!("no answer: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_passphrases_are_refused_by_characters_not_bytes() {
        let weak = |text: &str| weakness(&SecretText::new(text.to_owned())).is_some();
        assert!(weak("elevenchars"));
        assert!(weak("ööööööö"), "seven characters of two bytes");
        assert!(!weak("twelve chars"));
    }
}
