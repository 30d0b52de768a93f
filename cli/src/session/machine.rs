//! Signing a machine in: a confidential client of realm `system` acts for itself (RFC 6749
//! §4.4). There is no refresh token; its secret buys the next access token, so the profile
//! remembers where the secret is.

use std::io::Read as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::discovery::{Endpoints, discover, expect_admin_api};
use super::profile::{Profile, Profiles};
use super::tokens::Tokens;
use crate::environment::variable;
use crate::fault::Fault;
use crate::http::{Http, Request, Trust, url_text};
use crate::output::note;

/// Where a secret is. One that came from standard input is kept in the profile, which only its
/// owner may read.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecretSource {
    /// In this file.
    File(PathBuf),
    /// In this variable.
    Env(String),
    /// Here.
    Kept(String),
}

impl SecretSource {
    /// From `--client-secret-file`: a file, or `-` for standard input.
    pub(crate) fn file(path: &str) -> Result<Self, Fault> {
        if path != "-" {
            let whole = std::path::absolute(path)
                .map_err(|error| Fault::Usage(format!("{path}: {error}")))?;
            return Ok(Self::File(whole));
        }
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Fault::because("standard input", &error))?;
        Ok(Self::Kept(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn secret(&self) -> Result<String, Fault> {
        let found = match self {
            Self::Kept(secret) => secret.clone(),
            Self::Env(name) => variable(name)
                .ok_or_else(|| Fault::SignedOut(format!("the variable {name} is not set")))?,
            Self::File(file) => {
                let text = std::fs::read_to_string(file);
                text.map_err(|error| Fault::SignedOut(format!("{}: {error}", file.display())))?
            }
        };
        Ok(found.trim_end_matches(['\r', '\n']).to_owned())
    }
}

/// Signs a machine in.
pub(crate) fn sign_in_machine(
    http: &Http,
    trust: &Trust,
    profiles: &Profiles,
    client_id: &str,
    source: SecretSource,
    scope: &str,
) -> Result<(), Fault> {
    let mut profile = Profile {
        admin_url: url_text(http.base()),
        client_id: client_id.to_owned(),
        scope: scope.to_owned(),
        username: None,
        access_token: String::new(),
        expires_at: 0,
        refresh_token: None,
        machine: Some(source),
        ca_file: trust.ca_file.clone(),
        allow_insecure: trust.insecure,
    };
    expect_admin_api(http)?;
    renew(http, &mut profile)?;
    let _lock = profiles.lock()?;
    profiles.save(&profile)?;
    note(&format!(
        "Signed in to {} as client {client_id}.",
        profile.admin_url
    ));
    Ok(())
}

/// Gets a machine's next access token.
pub(super) fn renew(http: &Http, profile: &mut Profile) -> Result<(), Fault> {
    let Some(source) = &profile.machine else {
        return Err(Fault::SignedOut(
            "the sign-in is over; use `lodge login`".to_owned(),
        ));
    };
    let secret = source.secret()?;
    let Endpoints { token_endpoint, .. } = discover(http)?;
    let mut form = vec![("grant_type", "client_credentials")];
    if !profile.scope.is_empty() {
        form.push(("scope", &profile.scope));
    }
    let mut request = Request::new("POST", &token_endpoint)
        .form(&form)
        .header("authorization", &basic(&profile.client_id, &secret));
    request.repeatable = true;
    let reply = http.send(&request)?;
    if !reply.is_success() {
        let said = reply.refusal();
        return Err(match reply.oauth_error().as_deref() {
            Some("invalid_client" | "unauthorized_client" | "invalid_scope") => {
                Fault::SignedOut(format!("client {}: {said}", profile.client_id))
            }
            _ => said,
        });
    }
    let tokens = Tokens::read(&reply)?;
    profile.expires_at = tokens.expires_at();
    profile.access_token = tokens.access_token;
    Ok(())
}

/// `client_secret_basic` (RFC 6749 §2.3.1).
pub(super) fn basic(client_id: &str, secret: &str) -> String {
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client_id), encode(secret));
    format!("Basic {}", STANDARD.encode(pair))
}

impl SecretSource {
    /// The secret, where it can be had; for giving tokens back.
    pub(super) fn try_secret(&self) -> Option<String> {
        self.secret().ok()
    }
}
