//! `gatelodge openapi`: the API documents of both ports, as files.

use std::path::PathBuf;

use clap::Args;
use gatelodge_http::docs::{admin_openapi, auth_openapi, to_json};

use crate::stop::Stop;

/// The command line of `gatelodge openapi`.
#[derive(Debug, Args)]
pub(crate) struct OpenapiCommand {
    /// The folder for auth.json and admin.json.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write nothing; fail where a file differs from this binary.
    #[arg(long)]
    check: bool,
}

/// Writes or compares.
pub(crate) fn run(command: &OpenapiCommand) -> Result<(), Stop> {
    for (name, document) in [
        ("auth.json", auth_openapi()),
        ("admin.json", admin_openapi()),
    ] {
        let path = command.out.join(name);
        let shown = path.display();
        let text = to_json(&document).map_err(|error| Stop::because(name, &error))?;
        if command.check {
            let found = std::fs::read_to_string(&path)
                .map_err(|error| Stop::failure(format!("{shown} cannot be read: {error}")))?;
            if found.trim_end() != text.trim_end() {
                return Err(Stop::failure(format!(
                    "{shown} is not what this binary serves; `gatelodge openapi --out` writes it"
                )));
            }
        } else {
            std::fs::create_dir_all(&command.out)
                .and_then(|()| std::fs::write(&path, format!("{}\n", text.trim_end())))
                .map_err(|error| Stop::failure(format!("{shown} cannot be written: {error}")))?;
        }
    }
    Ok(())
}
