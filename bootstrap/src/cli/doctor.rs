//! `gatelodge doctor`: what is wrong with a set-up, and how to mend it.

use clap::Args;
use serde_json::json;

use super::flags::ServeFlags;
use crate::builder::Parts;
use crate::doctor::{self, Severity};
use crate::settings::Settings;
use crate::stop::Stop;

/// The command line of `gatelodge doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorCommand {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// Only ask whether the server of this configuration is ready; for health checks.
    #[arg(long, conflicts_with = "json")]
    ready: bool,
    #[command(flatten)]
    pub(crate) flags: ServeFlags,
}

/// Prints what it finds; a failure where something does not work.
pub(crate) async fn run(
    settings: &Settings,
    parts: &Parts,
    command: &DoctorCommand,
) -> Result<(), Stop> {
    if command.ready {
        return doctor::ready(settings).await.map_err(Stop::failure);
    }
    let findings = doctor::examine(settings, parts).await;
    let count = |severity| {
        let of = findings.iter().filter(|it| it.severity == severity);
        of.count()
    };
    let (warnings, failures) = (count(Severity::Warn), count(Severity::Fail));
    if command.json {
        let all: Vec<_> = findings.iter().map(doctor::Finding::json).collect();
        println!("{:#}", json!({ "findings": all, "healthy": failures == 0 }));
    } else {
        for finding in &findings {
            println!("{}", finding.line());
        }
    }
    if failures == 0 {
        return Ok(());
    }
    Err(Stop::failure(format!(
        "{failures} thing(s) to mend, and {warnings} to look at"
    )))
}
