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

/// So many seconds from now, as RFC 3339 text.
pub(crate) fn moment_after(seconds: u64) -> String {
    moment(now().saturating_add(seconds))
}

/// Seconds since 1970 as RFC 3339 text. The civil date is Howard Hinnant's `civil_from_days`.
fn moment(at: u64) -> String {
    let (days, second) = (at / 86_400 + 719_468, at % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second % 3_600 / 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Where profiles are: below `$XDG_CONFIG_HOME`, or `~/.config`.
pub(crate) fn profiles() -> Option<PathBuf> {
    let base = match variable("XDG_CONFIG_HOME") {
        Some(folder) if folder.starts_with('/') => PathBuf::from(folder),
        _ => PathBuf::from(variable("HOME").or_else(|| variable("USERPROFILE"))?).join(".config"),
    };
    Some(base.join("gatelodge").join("lodge"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_server_reads_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (1_772_355_900, "2026-03-01T09:05:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(moment(seconds), text);
        }
    }
}
