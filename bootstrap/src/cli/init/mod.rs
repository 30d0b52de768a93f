//! `gatelodge init`: the first run without a browser and without serving. It asks what the page
//! behind the one-time link asks; at a terminal in words, everywhere else by flags, variables of
//! the environment and files. What it prints at the end was read back from the store.
//!
//! Its exit status tells a script how it went: 0 set up, 1 it failed, 2 an answer is missing or
//! cannot be used and nothing was made, 3 there is an administrator already and nothing was
//! changed, 4 all is set up, but the mail that was to show that mail works was not sent, or the
//! store did not answer when it was to be read back.

mod answers;
mod ask;
mod report;

use std::sync::Arc;

use clap::Args;
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::setup::{
    FirstAdministrator, IssuerPolicy, RefusedAnswer, SetUp, SetUpError, TestMail, TypedAnswers,
};

use super::flags::ServeFlags;
use crate::builder::Parts;
use crate::data_folder::DataFolder;
use crate::house::{Access, House, found, open_store};
use crate::serve::{FIRST_ADMIN, close, failed, initialize, supply_keys};
use crate::settings::{Mail, Settings};
use crate::stop::{Stop, chain};
use crate::urls;
use answers::{AnswerFlags, flag_of};
use ask::Answering;

const STATUS: &str = "Exit status: 0 set up; 1 it failed; 2 an answer is missing or cannot be used \
    and nothing was made; 3 there is an administrator already and nothing was changed; 4 all is \
    set up, but the test mail was not sent or the store could not be read back.\n\nSecrets are \
    given in files or in the variables GATELODGE_ADMIN_PASSWORD and GATELODGE_CLIENT_SECRET, never \
    as flags.";

/// The command line of `gatelodge init`.
#[derive(Debug, Args)]
#[command(after_help = STATUS)]
pub(crate) struct InitCommand {
    #[command(flatten)]
    pub(crate) flags: ServeFlags,
    /// Ask nothing, at a terminal either.
    #[arg(long)]
    no_input: bool,
    #[command(flatten)]
    answers: AnswerFlags,
}

/// Makes the store ready, its first administrator, and what else was asked for.
pub(crate) async fn run(
    settings: &Settings,
    parts: &Parts,
    command: &InitCommand,
) -> Result<(), Stop> {
    let typed = command.answers.read()?;
    let answering = if command.no_input {
        Answering::Nobody
    } else {
        Answering::here()
    };
    refuse_early(&typed, answering, settings, parts)?;
    let server = &settings.server;
    let issuers = urls::issuers(settings, server.auth_listen, server.admin_listen)?;
    let folder = DataFolder::open(&settings.data_dir)?;
    let _lock = folder.lock()?;
    let store = open_store(settings, parts, &folder, Access::Owner).await?;
    let house = found(settings, parts, folder, store.clone(), issuers).await?;
    let made = make(&house, typed, answering).await;
    let closed = close(&*store).await;
    made.and(closed)
}

fn sends_mail(settings: &Settings, parts: &Parts) -> bool {
    parts.mailer.is_some() || !matches!(settings.mail, Mail::None)
}

/// Refuses what cannot be used before anything is made. Who can be asked is asked for what is
/// missing.
fn refuse_early(
    typed: &TypedAnswers,
    answering: Answering,
    settings: &Settings,
    parts: &Parts,
) -> Result<(), Stop> {
    let mut refused = typed.objections();
    if answering == Answering::Person {
        refused.retain(|refused| !answers::is_missing(refused));
    }
    if !refused.is_empty() {
        return Err(unusable(&refused));
    }
    if typed.test_mail == TestMail::Wanted {
        if !sends_mail(settings, parts) {
            return Err(Stop::usage(
                "--test-mail: no mail can be sent: see [mail] in the configuration",
            ));
        }
        if typed.email.trim().is_empty() && answering == Answering::Nobody {
            return Err(Stop::usage("--test-mail: it goes to --admin-email, too"));
        }
    }
    Ok(())
}

async fn make(house: &House, mut typed: TypedAnswers, answering: Answering) -> Result<(), Stop> {
    let foundation = &house.foundation;
    let realms = initialize(foundation, IssuerPolicy::Keep).await?;
    let keys = Arc::new(KeyMaintenance::new(foundation.clone()));
    supply_keys(foundation, &keys, &realms).await?;
    let first = FirstAdministrator::new(foundation.clone());
    let unasked = |failure| failed("the store cannot be asked", &failure);
    if first.is_there().await.map_err(unasked)? {
        return Err(already());
    }
    let prefilled = first.prefilled().await.map_err(unasked)?;
    if answering == Answering::Person {
        ask::ask_for_the_rest(&mut typed, &prefilled)?;
    }
    let set_up = loop {
        match (first.set_up_here(&typed).await, answering) {
            (Ok(set_up), _) => break set_up,
            (Err(SetUpError::Refused(refused)), Answering::Person) => {
                ask::ask_again(&mut typed, &refused)?;
            }
            (Err(SetUpError::Refused(refused)), Answering::Nobody) => {
                return Err(unusable(&refused));
            }
            (Err(SetUpError::Denied(denial)), _) if denial.code == ErrorCode::Conflict => {
                return Err(already());
            }
            (Err(SetUpError::Denied(denial)), _) => return Err(Stop::failure(denial.description)),
            (Err(SetUpError::Failed(failure)), _) => {
                return Err(failed("the house cannot be set up", &failure));
            }
            (Err(SetUpError::Unread(unread)), _) => {
                house.folder.remove(FIRST_ADMIN);
                report::print_unread(house, &unread)?;
                let why = chain(&unread.failure);
                return Err(Stop::half_done(format!(
                    "all is set up, but it cannot be read back: {why}"
                )));
            }
        }
    };
    house.folder.remove(FIRST_ADMIN);
    report::print(house, &set_up)?;
    unsent(&set_up).map_or(Ok(()), Err)
}

fn already() -> Stop {
    Stop::already(
        "there is an administrator already, and nothing was changed; `gatelodge recover` lets \
         one back in",
    )
}

/// Everything that can be said against the answers, each with its flag.
fn unusable(refused: &[RefusedAnswer]) -> Stop {
    let each = refused
        .iter()
        .map(|refused| format!("{}: {}", flag_of(refused.question), refused.objection));
    Stop::usage(each.collect::<Vec<_>>().join("; "))
}

fn unsent(set_up: &SetUp) -> Option<Stop> {
    let reason = report::trouble(set_up)?;
    Some(Stop::half_done(format!(
        "all is set up, but the test mail was not sent: {reason}"
    )))
}
