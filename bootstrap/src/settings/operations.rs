//! Who may see the figures, from where the admin port may be used, and an operator's own files.

use std::path::PathBuf;

use gatelodge_domain::SecretText;
use gatelodge_http::gate::Gate;
use gatelodge_http::network::Network;

use super::read::Reader;
use crate::stop::Stop;

/// A token may not be shorter: as many characters as 128 random bits have hexadecimal digits.
const SHORTEST_TOKEN: usize = 32;

/// `[metrics]`.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Whoever has it may read the figures.
    pub(crate) token: Option<SecretText>,
    /// Whoever asks from there may, too.
    pub(crate) networks: Vec<Network>,
}

/// `[site]`.
#[derive(Debug)]
pub(crate) struct Site {
    /// What is served.
    pub(crate) folder: PathBuf,
    /// The policy that its files are sent with.
    pub(crate) policy: String,
}

/// Reads `[metrics]`.
pub(super) fn metrics(read: Reader<'_>) -> Result<Metrics, Stop> {
    let token = read.secret("metrics.token")?;
    if let Some(token) = &token
        && token.expose().len() < SHORTEST_TOKEN
    {
        let why = "a token has at least 32 characters; `openssl rand -hex 32` makes one";
        return Err(read.refuse_secret("metrics.token", &why));
    }
    Ok(Metrics {
        token,
        networks: read.networks("metrics.allowed_networks")?,
    })
}

/// Reads the networks of the admin port.
pub(super) fn admin_gate(read: Reader<'_>) -> Result<Gate, Stop> {
    Ok(Gate {
        allowed: read.networks("server.admin_allowed_networks")?,
        denied: read.networks("server.admin_denied_networks")?,
    })
}

/// Reads `[site]`.
pub(super) fn site(read: Reader<'_>) -> Option<Site> {
    Some(Site {
        folder: read.path("site.folder")?,
        policy: read.text("site.content_security_policy"),
    })
}
