//! What the process is told by its surroundings: variables and the time. Nothing else of the
//! crate asks for either.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A variable that is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "a client has no port for its settings: this is the only place that reads them"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "a client has no port for its clock: this is the only place that reads it"
)]
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

/// Where profiles are: below `$XDG_CONFIG_HOME`, or `~/.config`.
pub(crate) fn profiles() -> Option<PathBuf> {
    let base = match variable("XDG_CONFIG_HOME") {
        Some(folder) if folder.starts_with('/') => PathBuf::from(folder),
        _ => PathBuf::from(variable("HOME").or_else(|| variable("USERPROFILE"))?).join(".config"),
    };
    Some(base.join("gatelodge").join("lodge"))
}
