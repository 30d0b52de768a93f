//! The log: text for people or JSON for machines, on standard error. Neither secrets nor user
//! names are ever handed to it.

use std::io::IsTerminal as _;
use std::str::FromStr as _;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use gatelodge_telemetry::traces::{self, SpanLayer};

use crate::settings::{Log, LogFormat};

/// The filter of that text, if it is one. What the HTTP library says about its threads is of
/// interest to nobody who did not ask for it by name, and spans of traces are no part of the log.
pub(crate) fn filter(level: &str) -> Option<Targets> {
    // A lone word that is no level would be taken for a target, and a typo with it.
    let words = level.split(',').map(str::trim);
    if words
        .filter(|word| !word.contains('='))
        .any(|word| LevelFilter::from_str(word).is_err())
    {
        return None;
    }
    let wanted = Targets::from_str(level).ok()?;
    let wanted = wanted.with_target(traces::TARGET, LevelFilter::OFF);
    Some(match LevelFilter::from_str(level) {
        Ok(level) if level >= LevelFilter::WARN => wanted
            .with_target("actix_server", LevelFilter::WARN)
            .with_target("actix_http", LevelFilter::WARN),
        _ => wanted,
    })
}

/// Starts logging, and collecting spans where traces go anywhere; a second call changes nothing.
pub(crate) fn start(settings: &Log, spans: Option<SpanLayer>) {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .boxed(),
    };
    let filter = filter(&settings.level).unwrap_or_default();
    let lines = tracing_subscriber::registry().with(lines.with_filter(filter));
    // Somebody else's subscriber (a test's, an extender's) stays.
    let _ = match spans {
        Some(spans) => lines.with(spans.filtered()).try_init(),
        None => lines.try_init(),
    };
}

/// A panic becomes one line of the log and never a stack on standard error; the connection that
/// met it is closed, the others go on.
pub(crate) fn catch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let what = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, "panic: {what}");
    }));
}
