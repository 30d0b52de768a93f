//! The layers of configuration and what they add up to. Later layers win; each value remembers
//! where it came from.

use std::collections::BTreeMap;
use std::path::Path;

use config::{Config, ConfigError, Map, Source, Value, ValueKind};

use super::options::{self, Kind, OPTIONS};
use crate::stop::{Stop, chain};

/// The first layer.
pub(crate) const DEFAULTS: &str = include_str!("../../defaults.toml");

/// What begins the name of each environment variable of ours. Others are not: Kubernetes sets
/// `GATELODGE_PORT` and more for a service of that name.
const ENVIRONMENT: &str = "GATELODGE__";

/// One layer: values by key, and where each came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer(BTreeMap<String, (ValueKind, String)>);

impl Layer {
    /// The built-in defaults.
    pub(crate) fn defaults() -> Result<Self, Stop> {
        Self::parse(DEFAULTS, "the built-in default")
    }

    /// A configuration file.
    pub(crate) fn file(path: &Path) -> Result<Self, Stop> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Stop::usage(format!(
                "the configuration file {} cannot be read: {error}",
                path.display()
            ))
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    pub(crate) fn parse(text: &str, origin: &str) -> Result<Self, Stop> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            Stop::usage(format!("{origin} is not TOML: {}", error.message()))
        })?;
        let mut layer = Self::default();
        layer.flatten("", &table, origin)?;
        Ok(layer)
    }

    fn flatten(&mut self, section: &str, table: &toml::Table, origin: &str) -> Result<(), Stop> {
        for (name, value) in table {
            let key = if section.is_empty() {
                name.clone()
            } else {
                format!("{section}.{name}")
            };
            let kind = match value {
                toml::Value::Table(inner) => {
                    self.flatten(&key, inner, origin)?;
                    continue;
                }
                toml::Value::String(text) => ValueKind::String(text.clone()),
                toml::Value::Integer(number) => ValueKind::I64(*number),
                toml::Value::Boolean(switch) => ValueKind::Boolean(*switch),
                toml::Value::Float(number) => ValueKind::Float(*number),
                toml::Value::Datetime(time) => ValueKind::String(time.to_string()),
                toml::Value::Array(items) => ValueKind::Array(
                    items
                        .iter()
                        .map(|item| Value::from(item.as_str().unwrap_or_default()))
                        .collect(),
                ),
            };
            self.set(&key, kind, origin)?;
        }
        Ok(())
    }

    /// The environment variables of ours among these.
    pub(crate) fn environment(
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Stop> {
        let mut layer = Self::default();
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(ENVIRONMENT) else {
                continue;
            };
            let key = rest.to_ascii_lowercase().replace("__", ".");
            let origin = format!("the environment variable {name}");
            layer.set(&key, ValueKind::String(value), &origin)?;
        }
        Ok(layer)
    }

    /// The value of a flag.
    pub(crate) fn flag(&mut self, flag: &str, key: &str, value: &str) -> Result<(), Stop> {
        let value = ValueKind::String(value.to_owned());
        self.set(key, value, &format!("the flag {flag}"))
    }

    fn set(&mut self, key: &str, value: ValueKind, origin: &str) -> Result<(), Stop> {
        if options::find(key).is_none() {
            let nearest = options::nearest(key);
            return Err(Stop::usage(format!(
                "unknown configuration key `{key}` in {origin}; did you mean `{nearest}`?"
            )));
        }
        self.0.insert(key.to_owned(), (value, origin.to_owned()));
        Ok(())
    }

    /// Where a secret is given here, its other form in an earlier layer does not count.
    fn settle_secrets(&mut self) -> Result<(), Stop> {
        for option in OPTIONS.iter().filter(|option| option.kind == Kind::Secret) {
            let file = options::file_key(option.key);
            let given = |key: &str| self.0.get(key).map(|(_, origin)| origin.clone());
            match (given(option.key), given(&file)) {
                (Some(origin), Some(_)) => {
                    return Err(Stop::usage(format!(
                        "`{}` and `{file}` are both given in {origin}; give one",
                        option.key
                    )));
                }
                (Some(origin), None) => self.blank(file, origin),
                (None, Some(origin)) => self.blank(option.key.to_owned(), origin),
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn blank(&mut self, key: String, origin: String) {
        self.0
            .insert(key, (ValueKind::String(String::new()), origin));
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let value = |(kind, origin): &(ValueKind, String)| Value::new(Some(origin), kind.clone());
        Ok(self
            .0
            .iter()
            .map(|(key, it)| (key.clone(), value(it)))
            .collect())
    }
}

/// What the layers add up to.
#[derive(Debug, Clone)]
pub(crate) struct Effective(BTreeMap<String, Value>);

impl Effective {
    /// Adds layers up, first one first.
    pub(crate) fn of(layers: impl IntoIterator<Item = Layer>) -> Result<Self, Stop> {
        let mut builder = Config::builder();
        for mut layer in layers {
            layer.settle_secrets()?;
            builder = builder.add_source(layer);
        }
        let built = builder
            .build()
            .map_err(|error| Stop::usage(format!("configuration: {}", chain(&error))))?;
        let mut values = BTreeMap::new();
        let ValueKind::Table(sections) = built.cache.kind else {
            return Ok(Self(values));
        };
        for (section, value) in sections {
            if let ValueKind::Table(keys) = value.kind {
                for (key, value) in keys {
                    values.insert(format!("{section}.{key}"), value);
                }
            }
        }
        Ok(Self(values))
    }

    /// A value, and where it came from.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Where a value came from.
    pub(crate) fn origin(&self, key: &str) -> &str {
        self.get(key)
            .and_then(Value::origin)
            .unwrap_or("the built-in default")
    }

    /// The value as text, for messages; a secret is masked.
    pub(crate) fn shown(&self, key: &str) -> String {
        let secret = options::find(key)
            .is_some_and(|option| option.kind == Kind::Secret && option.key == key);
        match self.get(key).map(|value| &value.kind) {
            Some(ValueKind::String(text)) if secret && !text.is_empty() => "********".to_owned(),
            Some(ValueKind::Array(items)) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                items.join(", ")
            }
            Some(kind) => kind.to_string(),
            None => String::new(),
        }
    }
}
