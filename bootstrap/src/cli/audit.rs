//! `gatelodge audit`: whether the trail is what was written, the trail as lines, and giving up
//! its beginning.

use core::time::Duration;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use gatelodge_domain::audit::AuditActor;
use gatelodge_domain::{Digest, RealmSlug, Timestamp};
use gatelodge_http::admin::{event_line, hexadecimal};
use gatelodge_http::time;
use gatelodge_ports::store::AuditFilter;
use gatelodge_usecases::audit::{KnownSeal, ReadAudit, RemoveOldEvents, VerifyAudit};
use gatelodge_usecases::{Failure, Foundation};

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
    /// Write the trail as JSON, an event a line, newest first; that it was read is recorded.
    Export(ExportFlags),
    /// Remove the beginning of the trail for good, in whole sealed ranges; that it was is
    /// recorded, and the rest verifies.
    Remove(RemoveFlags),
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

#[derive(Debug, Args)]
struct ExportFlags {
    #[command(flatten)]
    store: StoreFlags,
    /// Only events that concern this realm.
    #[arg(long, value_name = "SLUG")]
    realm: Option<String>,
    /// Only events from this time on, as 2026-01-31T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only events before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// A new file, readable by its owner only; standard output without.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct RemoveFlags {
    #[command(flatten)]
    store: StoreFlags,
    /// How old events must be to go, in days.
    #[arg(long, value_name = "DAYS")]
    older_than_days: u16,
}

impl AuditCommand {
    pub(crate) fn flags(&self) -> &StoreFlags {
        match &self.verb {
            Verb::Verify(flags) => &flags.store,
            Verb::Export(flags) => &flags.store,
            Verb::Remove(flags) => &flags.store,
        }
    }
}

/// Does what the verb says.
pub(crate) async fn run(
    settings: &Settings,
    parts: &Parts,
    command: &AuditCommand,
) -> Result<(), Stop> {
    match &command.verb {
        Verb::Verify(flags) => {
            let known = flags.known_seal.as_deref().map(known_seal).transpose()?;
            let delay = sealing_delay(settings);
            let verify = |foundation| verify(foundation, delay, known);
            with_house(settings, parts, verify).await
        }
        Verb::Export(flags) => {
            let asked = Asked::of(flags)?;
            with_house(settings, parts, |foundation| export(foundation, asked)).await
        }
        Verb::Remove(flags) => {
            let kept = Duration::from_hours(24 * u64::from(flags.older_than_days));
            with_house(settings, parts, |foundation| remove(foundation, kept)).await
        }
    }
}

/// A fault is a failure.
async fn verify(
    foundation: Arc<Foundation>,
    delay: Duration,
    known: Option<KnownSeal>,
) -> Result<(), Stop> {
    let found = VerifyAudit::new(foundation, delay)
        .run(known)
        .await
        .map_err(|error| unread(&error))?;
    if let Some(fault) = found.fault {
        return Err(Stop::failure(format!(
            "the audit trail is not whole: {fault}"
        )));
    }
    match found.first {
        Some(first) if found.removed > 0 => println!(
            "the audit trail is whole from position {first} on: {} events, {} seals; {} events \
             before were removed under retention",
            found.events, found.seals, found.removed
        ),
        _ => println!(
            "the audit trail is whole: {} events, {} seals",
            found.events, found.seals
        ),
    }
    if let Some(newest) = found.newest {
        println!(
            "newest seal: number={} mac={}, to be compared with the log",
            newest.number,
            hexadecimal(&newest.mac)
        );
    }
    Ok(())
}

/// What to export, and where to.
struct Asked {
    realm: Option<RealmSlug>,
    filter: AuditFilter,
    output: Option<PathBuf>,
}

impl Asked {
    fn of(flags: &ExportFlags) -> Result<Self, Stop> {
        let realm = flags.realm.as_deref().map(|text| {
            RealmSlug::parse(text)
                .map_err(|error| Stop::usage(format!("--realm `{text}`: {error}")))
        });
        Ok(Self {
            realm: realm.transpose()?,
            filter: AuditFilter {
                from: moment("--from", flags.from.as_deref())?,
                to: moment("--to", flags.to.as_deref())?,
                ..AuditFilter::default()
            },
            output: flags.output.clone(),
        })
    }
}

fn moment(flag: &str, text: Option<&str>) -> Result<Option<Timestamp>, Stop> {
    let read = |text: &str| {
        time::parse(text).ok_or_else(|| {
            Stop::usage(format!(
                "{flag} `{text}` is no time like 2026-01-31T00:00:00Z"
            ))
        })
    };
    text.map(read).transpose()
}

async fn export(foundation: Arc<Foundation>, mut asked: Asked) -> Result<(), Stop> {
    if let Some(slug) = &asked.realm {
        let realm = foundation.directory.realm(slug).await;
        let realm = realm.map_err(|error| unread(&error.into()))?;
        let realm =
            realm.ok_or_else(|| Stop::usage(format!("there is no realm `{}`", slug.as_str())))?;
        asked.filter.realm = Some(realm.realm.id);
    }
    let audit = ReadAudit::new(foundation);
    let begun = audit.export_as_operator(asked.filter).await;
    let mut export = begun.map_err(|error| unread(&error))?;
    let mut output: BufWriter<Box<dyn Write + Send>> = BufWriter::new(match &asked.output {
        None => Box::new(io::stdout()),
        Some(path) => Box::new(new_file(path)?),
    });
    let unwritten = |error: io::Error| Stop::failure(format!("the export is not whole: {error}"));
    loop {
        let events = audit.export(&mut export).await;
        let events = events.map_err(|error| unread(&error))?;
        if events.is_empty() {
            return output.flush().map_err(unwritten);
        }
        for event in events {
            writeln!(output, "{}", event_line(event)).map_err(unwritten)?;
        }
    }
}

fn new_file(path: &Path) -> Result<std::fs::File, Stop> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|error| Stop::failure(format!("{} cannot be made: {error}", path.display())))
}

async fn remove(foundation: Arc<Foundation>, kept: Duration) -> Result<(), Stop> {
    let before = foundation.clock.now().minus(kept);
    let old = RemoveOldEvents::new(foundation, AuditActor::Operator);
    let mut removed = 0;
    loop {
        let round = old
            .run(before)
            .await
            .map_err(|error| failed("the trail cannot be shortened", &error))?;
        removed += round.events;
        if !round.more {
            println!("{removed} events were removed");
            return Ok(());
        }
    }
}

fn unread(error: &Failure) -> Stop {
    failed("the trail cannot be read", error)
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
