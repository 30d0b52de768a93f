//! `gatelodge audit`: whether the trail is what was written.

use core::fmt::Write as _;
use core::time::Duration;

use clap::{Args, Subcommand};
use gatelodge_usecases::audit::VerifyAudit;

use super::flags::StoreFlags;
use super::with_house;
use crate::builder::Parts;
use crate::serve::failed;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::wire::sealing_delay;

/// The command line of `gatelodge audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Walk the whole trail and its seals; names the first event that was changed, removed,
    /// added or reordered.
    Verify(StoreFlags),
}

impl AuditCommand {
    pub(crate) fn flags(&self) -> &StoreFlags {
        let Verb::Verify(flags) = &self.verb;
        flags
    }
}

/// Verifies; a fault is a failure.
pub(crate) async fn run(
    settings: &Settings,
    parts: &Parts,
    _command: &AuditCommand,
) -> Result<(), Stop> {
    let delay: Duration = sealing_delay(settings);
    with_house(settings, parts, |foundation| async move {
        let found = VerifyAudit::new(foundation, delay)
            .run(None)
            .await
            .map_err(|error| failed("the trail cannot be read", &error))?;
        if let Some(fault) = found.fault {
            return Err(Stop::failure(format!(
                "the audit trail is not whole: {fault}"
            )));
        }
        println!(
            "the audit trail is whole: {} events, {} seals",
            found.events, found.seals
        );
        if let Some(newest) = found.newest {
            let mac: String = newest
                .mac
                .as_bytes()
                .iter()
                .fold(String::new(), |mut text, byte| {
                    let _ = write!(text, "{byte:02x}");
                    text
                });
            println!(
                "newest seal: number={} mac={mac}, to be compared with the log",
                newest.number
            );
        }
        Ok(())
    })
    .await
}
