//! `gatelodge init`: what the first start does, and the first administrator, without serving.
//! At a terminal it asks; with flags or environment variables it does not.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use gatelodge_domain::{DisplayName, Password, Username};
use gatelodge_usecases::Error;
use gatelodge_usecases::keys::KeyMaintenance;
use gatelodge_usecases::setup::{FirstAdministrator, IssuerPolicy, NewAdministrator};

use super::flags::ServeFlags;
use crate::builder::Parts;
use crate::data_folder::DataFolder;
use crate::house::{Access, House, found, open_store};
use crate::serve::{FIRST_ADMIN, close, failed, initialize, supply_keys};
use crate::settings::Settings;
use crate::stop::Stop;
use crate::urls;

/// The command line of `gatelodge init`.
#[derive(Debug, Args)]
pub(crate) struct InitCommand {
    /// User name of the first administrator.
    #[arg(long, env = "GATELODGE_ADMIN_USERNAME", value_name = "NAME")]
    admin_username: Option<String>,
    /// Their name as people know it.
    #[arg(long, env = "GATELODGE_ADMIN_DISPLAY_NAME", value_name = "NAME")]
    admin_display_name: Option<String>,
    /// File of their password; or give it in the variable GATELODGE_ADMIN_PASSWORD.
    #[arg(long, value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
    #[arg(
        long,
        env = "GATELODGE_ADMIN_PASSWORD",
        hide = true,
        hide_env_values = true
    )]
    admin_password: Option<String>,
    #[command(flatten)]
    pub(crate) flags: ServeFlags,
}

/// Makes the store ready and its first administrator.
pub(crate) async fn run(
    settings: &Settings,
    parts: &Parts,
    command: &InitCommand,
) -> Result<(), Stop> {
    let wanted = wanted(command)?;
    let server = &settings.server;
    let issuers = urls::issuers(settings, server.auth_listen, server.admin_listen)?;
    let folder = DataFolder::open(&settings.data_dir)?;
    let _lock = folder.lock()?;
    let store = open_store(settings, parts, &folder, Access::Owner).await?;
    let house = found(settings, parts, folder, store.clone(), issuers).await?;
    let made = make(&house, wanted).await;
    let closed = close(&*store).await;
    made.and(closed)
}

async fn make(house: &House, wanted: NewAdministrator) -> Result<(), Stop> {
    let foundation = &house.foundation;
    let realms = initialize(foundation, IssuerPolicy::Keep).await?;
    let keys = Arc::new(KeyMaintenance::new(foundation.clone()));
    supply_keys(foundation, &keys, &realms).await?;
    let made = FirstAdministrator::new(foundation.clone())
        .create_here(wanted)
        .await;
    match made {
        Ok(user) => {
            house.folder.remove(FIRST_ADMIN);
            let issuers = &foundation.issuers;
            println!("issuer          {}", issuers.public_url());
            println!("admin           {}", issuers.admin_url());
            println!("administrator   {}", user.username.as_str());
            println!();
            println!(
                "Next: `gatelodge serve`, then sign in at {}/docs/",
                issuers.admin_url()
            );
            Ok(())
        }
        Err(Error::Denied(denial)) => Err(Stop::failure(denial.description)),
        Err(Error::Failed(failure)) => Err(failed("the administrator cannot be made", &failure)),
    }
}

fn wanted(command: &InitCommand) -> Result<NewAdministrator, Stop> {
    let terminal = std::io::stdin().is_terminal();
    let missing = |what: &str, how: &str| {
        Stop::usage(format!(
            "there is no terminal to ask for {what} at; give {how}"
        ))
    };
    let username = match &command.admin_username {
        Some(name) => name.clone(),
        None if terminal => ask("User name of the first administrator")?,
        None => return Err(missing("a user name", "--admin-username")),
    };
    let username = Username::parse(&username)
        .map_err(|error| Stop::usage(format!("the user name cannot be used: {error}")))?;
    let display_name = command
        .admin_display_name
        .as_deref()
        .map(DisplayName::parse)
        .transpose()
        .map_err(|error| Stop::usage(format!("the display name cannot be used: {error}")))?;
    let password = match (&command.admin_password_file, &command.admin_password) {
        (Some(path), _) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Stop::usage(format!("{} cannot be read: {error}", path.display()))
            })?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
        (None, Some(password)) => password.clone(),
        (None, None) if terminal => ask_twice()?,
        (None, None) => {
            let how = "--admin-password-file or GATELODGE_ADMIN_PASSWORD";
            return Err(missing("a password", how));
        }
    };
    let password = Password::parse(&password)
        .map_err(|error| Stop::usage(format!("the password cannot be used: {error}")))?;
    Ok(NewAdministrator {
        username,
        display_name,
        password,
    })
}

fn ask(what: &str) -> Result<String, Stop> {
    let unheard = |error: std::io::Error| Stop::failure(format!("no answer: {error}"));
    print!("{what}: ");
    std::io::stdout().flush().map_err(unheard)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(unheard)?;
    Ok(line.trim().to_owned())
}

fn ask_twice() -> Result<String, Stop> {
    let hidden = |what: &str| {
        rpassword::prompt_password(what)
            .map_err(|error| Stop::failure(format!("no answer: {error}")))
    };
    loop {
        let first = hidden("Password (8 characters or more): ")?;
        if let Err(error) = Password::parse(&first) {
            eprintln!("That cannot be used: {error}.");
        } else if hidden("The same again: ")? == first {
            return Ok(first);
        } else {
            eprintln!("They differ; once more, please.");
        }
    }
}
