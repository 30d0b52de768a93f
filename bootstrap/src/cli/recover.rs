//! `gatelodge recover`: the way back in, for whoever has a shell on the machine.

use clap::Args;
use gatelodge_domain::Username;
use gatelodge_usecases::setup::Recover;

use super::flags::StoreFlags;
use super::with_house;
use crate::builder::Parts;
use crate::serve::{failed, setup_link};
use crate::settings::Settings;
use crate::stop::Stop;

/// The command line of `gatelodge recover`.
#[derive(Debug, Args)]
pub(crate) struct RecoverCommand {
    /// User name of the administrator; made if there is none of that name.
    #[arg(long, value_name = "NAME")]
    user: String,
    #[command(flatten)]
    pub(crate) flags: StoreFlags,
}

/// Prints the link on standard output.
pub(crate) async fn run(
    settings: &Settings,
    parts: &Parts,
    command: &RecoverCommand,
) -> Result<(), Stop> {
    let username = Username::parse(&command.user)
        .map_err(|error| Stop::usage(format!("the user name cannot be used: {error}")))?;
    with_house(settings, parts, |foundation| async move {
        let secret = Recover::new(foundation.clone())
            .run(&username)
            .await
            .map_err(|error| failed("the link cannot be made", &error))?;
        eprintln!("Open this link while the server runs; it works once, within the hour:");
        println!("{}", setup_link(&foundation, secret.expose()));
        Ok(())
    })
    .await
}
