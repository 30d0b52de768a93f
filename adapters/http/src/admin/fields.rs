//! From text to domain types, with the field at fault named.

use std::collections::BTreeMap;
use std::fmt::Display;

use gatelodge_domain::{DisplayName, Id, Setting, Settings, Timestamp};
use gatelodge_usecases::admin::Refusal;

use crate::time;

/// A parsed value, or a refusal that names the field.
pub(crate) fn field<T, E: Display>(name: &str, parsed: Result<T, E>) -> Result<T, Refusal> {
    parsed.map_err(|error| Refusal::field(name.to_owned(), error.to_string()))
}

/// One of a list of words.
pub(crate) fn word<T>(
    name: &str,
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
    allowed: &str,
) -> Result<T, Refusal> {
    parse(text).ok_or_else(|| Refusal::field(name.to_owned(), format!("use one of: {allowed}")))
}

/// Parsed items of a list; a fault names the item.
pub(crate) fn each<T, E: Display>(
    name: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, Refusal> {
    let item = |(at, text): (usize, &String)| field(&format!("{name}[{at}]"), parse(text));
    texts.iter().enumerate().map(item).collect()
}

/// One line for people, where there is one.
pub(crate) fn line(name: &str, text: Option<&str>) -> Result<Option<DisplayName>, Refusal> {
    field(name, text.map(DisplayName::parse).transpose())
}

/// A row id, where there is one.
pub(crate) fn row<T>(name: &str, text: Option<&str>) -> Result<Option<Id<T>>, Refusal> {
    field(name, text.map(Id::parse).transpose())
}

/// A moment in RFC 3339 text.
pub(crate) fn moment(name: &str, text: &str) -> Result<Timestamp, Refusal> {
    time::parse(text).ok_or_else(|| {
        Refusal::field(
            name.to_owned(),
            "use RFC 3339 text such as 2026-01-31T12:00:00Z",
        )
    })
}

/// Settings by name.
pub(crate) fn settings(named: &BTreeMap<String, u32>) -> Result<Settings, Refusal> {
    let mut settings = Settings::default();
    for (name, value) in named {
        let place = format!("settings.{name}");
        let setting = field(&place, Setting::parse(name))?;
        field(&place, settings.set(setting, *value))?;
    }
    Ok(settings)
}

/// The same, shown.
pub(crate) fn show_settings(settings: &Settings) -> BTreeMap<String, u32> {
    settings
        .iter()
        .map(|(setting, value)| (setting.spec().name.to_owned(), value))
        .collect()
}
