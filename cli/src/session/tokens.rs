//! Answers of the token endpoint (RFC 6749 §5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use crate::environment::now;
use crate::fault::Fault;
use crate::http::Reply;

/// Tokens. They are not to be printed, so this has no `Debug`.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    /// The access token.
    pub(crate) access_token: String,
    #[serde(default)]
    expires_in: u64,
    /// Buys the next ones.
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
    #[serde(default)]
    id_token: Option<String>,
    /// What was granted.
    #[serde(default)]
    pub(crate) scope: String,
}

impl Tokens {
    /// Reads them.
    pub(crate) fn read(reply: &Reply) -> Result<Self, Fault> {
        serde_json::from_slice(&reply.body)
            .map_err(|error| Fault::because("the token endpoint's answer", &error))
    }

    /// Until when the access token is good, in seconds since 1970.
    pub(crate) fn expires_at(&self) -> u64 {
        now().saturating_add(self.expires_in)
    }

    /// Who signed in. The ID token came from the issuer itself over the connection that was
    /// just checked, so its signature is not looked at (OpenID Connect Core §3.1.3.7, 6).
    pub(crate) fn subject(&self) -> Option<String> {
        let claims = claims(self.id_token.as_deref()?)?;
        claims["sub"].as_str().map(str::to_owned)
    }
}

/// The claims of a JWT, as they are.
pub(crate) fn claims(token: &str) -> Option<Value> {
    part(token, 1)
}

/// The header of a JWT, as it is.
pub(crate) fn header(token: &str) -> Option<Value> {
    part(token, 0)
}

fn part(token: &str, number: usize) -> Option<Value> {
    let parts: Vec<&str> = token.split('.').collect();
    if parts.len() != 3 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(parts.get(number)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}
