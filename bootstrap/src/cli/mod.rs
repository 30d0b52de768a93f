//! The command line.

mod audit;
mod backup;
mod doctor;
mod flags;
mod init;
mod keys;
mod migrate_storage;
mod openapi;
mod progress;
mod recover;
mod restore;

use core::time::Duration;
use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use gatelodge_ports::Store;
use gatelodge_usecases::Foundation;
use gatelodge_usecases::realms::Issuers;
use gatelodge_usecases::setup::{IssuerPolicy, stored_issuers};

use crate::builder::Parts;
use crate::data_folder::DataFolder;
use crate::demo;
use crate::house::{Access, House, found, open_store};
use crate::serve::{self, Wishes, close};
use crate::settings::{Effective, Engine, Layer, Settings, listing};
use crate::stop::Stop;
use flags::{ServeFlags, StoreFlags};

/// A self-hosted identity provider: OpenID Connect and OAuth 2.0 in one binary.
#[derive(Debug, Parser)]
#[command(name = "gatelodge", version, about, max_term_width = 100)]
struct Cli {
    /// The configuration file [default: gatelodge.toml, if there is one].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the auth port and the admin port.
    Serve(ServeCommand),
    /// Make database, keys, realms and the first administrator without serving.
    Init(Box<init::InitCommand>),
    /// Bring the database's schema up to date.
    Migrate(StoreFlags),
    /// Copy everything from SQLite to PostgreSQL, or back, while no server runs.
    MigrateStorage(migrate_storage::MigrateStorageCommand),
    /// Show and rotate signing keys.
    Keys(keys::KeysCommand),
    /// Check, export and shorten the audit trail.
    Audit(audit::AuditCommand),
    /// Make a consistent copy of the embedded database, also while a server runs.
    Backup(backup::BackupCommand),
    /// Check a copy and put it back.
    Restore(restore::RestoreCommand),
    /// Let an administrator back in: prints a one-time link that sets a new password.
    Recover(recover::RecoverCommand),
    /// Write the OpenAPI documents of both ports.
    Openapi(openapi::OpenapiCommand),
    /// Check this set-up, and say how to mend what is wrong with it.
    Doctor(doctor::DoctorCommand),
    /// Print the configuration in effect, secrets masked, with the source of each value.
    Config(ServeFlags),
}

#[derive(Debug, Args)]
struct ServeCommand {
    /// Serve a demonstration, in its own folder ./data/demo, on this machine only.
    #[arg(long)]
    demo: bool,
    /// Accept URLs other than those the store was made for, and make them the issuers.
    #[arg(long)]
    change_issuer: bool,
    #[command(flatten)]
    flags: ServeFlags,
}

/// Does what a command line says.
pub(crate) fn run(
    parts: &Parts,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<ExitCode, Stop> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if is_mistake(&error) => return Err(mistake(&error)),
        Err(help) => {
            let _ = help.print();
            return Ok(ExitCode::from(u8::try_from(help.exit_code()).unwrap_or(2)));
        }
    };
    let source = cli.config;
    match cli.command {
        Command::Serve(command) => {
            let mut preset = Layer::default();
            if command.demo {
                preset.flag("--demo", "server.data_dir", demo::FOLDER)?;
            }
            let settings = Settings::read(&command.flags.effective(source.as_ref(), preset)?)?;
            let wishes = Wishes {
                demo: command.demo,
                issuers: if command.change_issuer {
                    IssuerPolicy::Change
                } else {
                    IssuerPolicy::Keep
                },
            };
            block_on(serve::serve(&settings, parts, wishes))?;
        }
        Command::Init(command) => {
            let settings =
                Settings::read(&command.flags.effective(source.as_ref(), Layer::default())?)?;
            block_on(init::run(&settings, parts, &command))?;
        }
        Command::Migrate(flags) => {
            let settings = Settings::read(&flags.effective(source.as_ref())?)?;
            block_on(migrate(settings, parts))?;
        }
        Command::MigrateStorage(command) => {
            let (settings, key) = command.settings(source.as_ref())?;
            block_on(migrate_storage::run(settings, key, parts, &command))?;
        }
        Command::Keys(command) => match command.flags() {
            Some(flags) => {
                let settings = Settings::read(&flags.effective(source.as_ref())?)?;
                block_on(keys::run(&settings, parts, &command))?;
            }
            None => keys::generate_master_key(),
        },
        Command::Audit(command) => {
            let settings = Settings::read(&command.flags().effective(source.as_ref())?)?;
            block_on(audit::run(&settings, parts, &command))?;
        }
        Command::Backup(command) => {
            let settings = Settings::read(&command.flags.effective(source.as_ref())?)?;
            backup::run(&settings, parts, &command)?;
        }
        Command::Restore(command) => {
            let settings = Settings::read(&command.flags.effective(source.as_ref())?)?;
            block_on(restore::run(settings, parts, &command))?;
        }
        Command::Recover(command) => {
            let settings = Settings::read(&command.flags.effective(source.as_ref())?)?;
            block_on(recover::run(&settings, parts, &command))?;
        }
        Command::Doctor(command) => {
            let settings =
                Settings::read(&command.flags.effective(source.as_ref(), Layer::default())?)?;
            block_on(doctor::run(&settings, parts, &command))?;
        }
        Command::Openapi(command) => openapi::run(&command)?,
        Command::Config(flags) => {
            let effective: Effective = flags.effective(source.as_ref(), Layer::default())?;
            // A value that would stop the start stops this too.
            Settings::read(&effective)?;
            print!("{}", listing(&effective));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether clap found something wrong, and was not just asked for help.
fn is_mistake(error: &clap::Error) -> bool {
    error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// What clap says, on one line and without the usage, which `--help` prints.
fn mistake(error: &clap::Error) -> Stop {
    let text = error.render().to_string();
    let said = text.split("\n\nUsage:").next().unwrap_or(&text);
    let said = said
        .split("\n\nFor more information")
        .next()
        .unwrap_or(said);
    Stop::usage(said.trim_start_matches("error: "))
}

/// How long the end waits for threads that are still blocked by somebody who does not answer, such
/// as a collector: nothing that has to be kept is theirs.
const PARTING: Duration = Duration::from_millis(500);

/// Runs on the one multi-threaded runtime that storage, jobs and unfinished units live on;
/// HTTP workers have runtimes of their own.
fn block_on(work: impl Future<Output = Result<(), Stop>>) -> Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::failure(format!("no threads: {error}")))?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(PARTING);
    done
}

async fn migrate(mut settings: Settings, parts: &Parts) -> Result<(), Stop> {
    settings.storage.migrate = true;
    let folder = DataFolder::open(&settings.data_dir)?;
    let _lock = folder.lock()?;
    let store = open_store(&settings, parts, &folder, Access::Owner).await?;
    close(&*store).await?;
    println!("the schema is up to date");
    Ok(())
}

/// Opens a store that a server made, beside it or without it, and does something with it.
async fn with_house<W, R>(settings: &Settings, parts: &Parts, work: W) -> Result<(), Stop>
where
    W: FnOnce(Arc<Foundation>) -> R,
    R: Future<Output = Result<(), Stop>>,
{
    if matches!(settings.storage.engine, Engine::Memory) && parts.store.is_none() {
        return Err(Stop::usage(
            "the storage engine `memory` holds nothing when no server runs on it",
        ));
    }
    let folder = DataFolder::existing(&settings.data_dir);
    let store = open_store(settings, parts, &folder, Access::Guest).await?;
    let issuers = issuers_of(&*store).await?;
    let House { foundation, .. } = found(settings, parts, folder, store.clone(), issuers).await?;
    let worked = work(foundation).await;
    let closed = close(&*store).await;
    worked.and(closed)
}

/// The issuers that the store was made for; what a server is told on its command line need not
/// be said again here.
async fn issuers_of(store: &dyn Store) -> Result<Issuers, Stop> {
    let stored = stored_issuers(store)
        .await
        .map_err(|error| Stop::because("the store does not answer", &error))?;
    let (public, admin) = stored.ok_or_else(|| {
        Stop::failure("the store is empty; `gatelodge serve` or `gatelodge init` makes it ready")
    })?;
    Issuers::new(&public, &admin).map_err(|error| Stop::because("the stored issuers", &error))
}
