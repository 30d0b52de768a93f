//! Reads typed values out of what the layers add up to. Every error names the key, the value,
//! what is allowed and where the value came from.

use core::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;

use config::ValueKind;
use gatelodge_domain::SecretText;
use gatelodge_http::network::Network;

use super::layers::Effective;
use super::options::{self, Kind};
use crate::stop::Stop;

/// Reads one value after the other.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a Effective);

impl Reader<'_> {
    /// A refusal of a value, in the one form that all of them have.
    pub(crate) fn refuse(self, key: &str, why: &dyn Display) -> Stop {
        let allowed = options::find(key)
            .map(|option| option.kind.allowed())
            .unwrap_or_default();
        Stop::usage(format!(
            "`{key}` is `{}` in {}: {why}; allowed is {allowed}",
            self.0.shown(key),
            self.0.origin(key)
        ))
    }

    /// A refusal of a secret's content, under the key that it was given by.
    pub(crate) fn refuse_secret(self, key: &str, why: &dyn Display) -> Stop {
        let file = options::file_key(key);
        match self.optional(&file) {
            Some(_) => self.refuse(&file, why),
            None => self.refuse(key, why),
        }
    }

    /// The value as text; flags and numbers as they are written.
    pub(crate) fn text(self, key: &str) -> String {
        match self.0.get(key).map(|value| &value.kind) {
            Some(ValueKind::String(text)) => text.trim().to_owned(),
            Some(ValueKind::Array(items)) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                items.join(",")
            }
            Some(kind) => kind.to_string(),
            None => String::new(),
        }
    }

    /// A text that may be empty, which is "not set".
    pub(crate) fn optional(self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    /// A path that may be empty, which is "not set".
    pub(crate) fn path(self, key: &str) -> Option<PathBuf> {
        self.optional(key).map(PathBuf::from)
    }

    /// `true` or `false`.
    pub(crate) fn switch(self, key: &str) -> Result<bool, Stop> {
        self.text(key)
            .parse()
            .map_err(|_| self.refuse(key, &"it is neither"))
    }

    /// A whole number within the option's bounds.
    pub(crate) fn whole(self, key: &str) -> Result<u32, Stop> {
        let Some(Kind::Whole(min, max)) = options::find(key).map(|option| option.kind) else {
            return Err(self.refuse(key, &"it is no number here"));
        };
        let text = self.text(key);
        let number: u32 = text
            .parse()
            .map_err(|_| self.refuse(key, &"it is no whole number"))?;
        if (min..=max).contains(&number) {
            Ok(number)
        } else {
            Err(self.refuse(key, &"it is out of bounds"))
        }
    }

    /// A part of the whole, from 0 to 1.
    pub(crate) fn ratio(self, key: &str) -> Result<f64, Stop> {
        let number: f64 = self
            .text(key)
            .parse()
            .map_err(|_| self.refuse(key, &"it is no number"))?;
        if (0.0..=1.0).contains(&number) {
            Ok(number)
        } else {
            Err(self.refuse(key, &"it is out of bounds"))
        }
    }

    /// One of the option's words.
    pub(crate) fn word(self, key: &str) -> Result<String, Stop> {
        let text = self.text(key);
        match options::find(key).map(|option| option.kind) {
            Some(Kind::OneOf(words)) if words.contains(&text.as_str()) => Ok(text),
            _ => Err(self.refuse(key, &"it is none of them")),
        }
    }

    /// An address to listen on.
    pub(crate) fn address(self, key: &str) -> Result<SocketAddr, Stop> {
        let text = self.text(key);
        text.parse()
            .map_err(|_| self.refuse(key, &"it is no address with a port"))
    }

    /// A list of networks; as one text, they are separated by commas.
    pub(crate) fn networks(self, key: &str) -> Result<Vec<Network>, Stop> {
        self.text(key)
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| Network::parse(item).map_err(|error| self.refuse(key, &error)))
            .collect()
    }

    /// A secret, given as it is or as the path of its file. A file's last line end is not part
    /// of it.
    pub(crate) fn secret(self, key: &str) -> Result<Option<SecretText>, Stop> {
        if let Some(text) = self.optional(key) {
            return Ok(Some(SecretText::new(text)));
        }
        let file = options::file_key(key);
        let Some(path) = self.path(&file) else {
            return Ok(None);
        };
        let mut text = std::fs::read_to_string(&path)
            .map_err(|error| self.refuse(&file, &format!("it cannot be read ({error})")))?;
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        if text.is_empty() {
            return Err(self.refuse(&file, &"the file is empty"));
        }
        Ok(Some(SecretText::new(text)))
    }
}
