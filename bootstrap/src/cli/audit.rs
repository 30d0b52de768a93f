//! `gatelodge audit`: whether the trail is what was written.

use core::fmt::Write as _;
use core::time::Duration;

use clap::{Args, Subcommand};
use gatelodge_domain::Digest;
use gatelodge_usecases::audit::{KnownSeal, VerifyAudit};

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
    Verify(VerifyFlags),
}

#[derive(Debug, Args)]
struct VerifyFlags {
    #[command(flatten)]
    store: StoreFlags,
    /// A seal that is known from elsewhere, as the log names it: a trail that ends before it
    /// was cut off. Without one, a tail that was removed together with its seals cannot show.
    #[arg(long, value_name = "NUMBER:MAC")]
    known_seal: Option<String>,
}

impl AuditCommand {
    pub(crate) fn flags(&self) -> &StoreFlags {
        let Verb::Verify(verify) = &self.verb;
        &verify.store
    }
}

/// Verifies; a fault is a failure.
pub(crate) async fn run(
    settings: &Settings,
    parts: &Parts,
    command: &AuditCommand,
) -> Result<(), Stop> {
    let Verb::Verify(verify) = &command.verb;
    let known = verify.known_seal.as_deref().map(known_seal).transpose()?;
    let delay: Duration = sealing_delay(settings);
    with_house(settings, parts, |foundation| async move {
        let found = VerifyAudit::new(foundation, delay)
            .run(known)
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
            let mac = hexadecimal(newest.mac.as_bytes());
            println!(
                "newest seal: number={} mac={mac}, to be compared with the log",
                newest.number
            );
        }
        Ok(())
    })
    .await
}

/// Reads `NUMBER:MAC`, with the MAC as 64 hexadecimal digits.
fn known_seal(text: &str) -> Result<KnownSeal, Stop> {
    let read = || {
        let (number, mac) = text.split_once(':')?;
        let bytes: Option<Vec<u8>> = (0..mac.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(mac.get(at..at + 2)?, 16).ok())
            .collect();
        Some(KnownSeal {
            number: number.parse().ok()?,
            mac: Digest::try_from_slice(&bytes?).ok()?,
        })
    };
    read().ok_or_else(|| {
        Stop::usage(format!(
            "--known-seal is `{text}`, but must be a number, a colon and 64 hexadecimal digits"
        ))
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
