//! Signing a person in: the code flow with PKCE in the system's browser, answered to a loopback
//! address (RFC 8252).

use std::time::Duration;

use super::browser;
use super::discovery::{Endpoints, discover, expect_admin_api};
use super::loopback::{Loopback, Parameters};
use super::pkce::{Pkce, unguessable};
use super::profile::{Profile, Profiles};
use super::tokens::Tokens;
use crate::fault::Fault;
use crate::http::{Http, Request, Trust, url_text};
use crate::output::{note, print};

/// The built-in client of realm `system`.
pub(crate) const CLIENT: &str = "lodge";

/// How a person wants to sign in.
#[derive(Debug, Clone)]
pub(crate) struct BrowserLogin {
    /// What is asked for.
    pub(crate) scope: String,
    /// Whether the address is only printed.
    pub(crate) no_browser: bool,
    /// The port of the loopback address; any for 0.
    pub(crate) port: u16,
    /// How long the person may take.
    pub(crate) patience: Duration,
}

/// Signs a person in.
pub(crate) fn sign_in(
    http: &Http,
    trust: &Trust,
    profiles: &Profiles,
    wish: &BrowserLogin,
) -> Result<(), Fault> {
    let endpoints = discover(http)?;
    expect_admin_api(http)?;
    let loopback = Loopback::listen(wish.port)?;
    let redirect_uri = loopback.redirect_uri.clone();
    let (pkce, state) = (Pkce::new()?, unguessable()?);
    let url = authorize_url(&endpoints, &redirect_uri, &wish.scope, &pkce, &state)?;
    if wish.no_browser {
        note("Open this address in a browser on this machine:");
        print(&format!("{url}\n"))?;
    } else {
        let opened = browser::open(&url);
        let begin = if opened {
            "A browser opens. If it does not, open this address:"
        } else {
            "No browser could be started. Open this address on this machine:"
        };
        note(&format!("{begin}\n\n  {url}\n"));
    }
    let answer = loopback.wait(&state, wish.patience)?;
    let code = code(&answer, &url_text(http.base()))?;
    let request = Request::new("POST", &endpoints.token_endpoint).form(&[
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("code", code),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", &pkce.verifier),
    ]);
    let tokens = Tokens::read(&http.send(&request)?.accepted()?)?;
    let username = username(http, &endpoints, &tokens.access_token);
    let profile = Profile {
        admin_url: url_text(http.base()),
        client_id: CLIENT.to_owned(),
        scope: tokens.scope.clone(),
        username: username.or_else(|| tokens.subject()),
        expires_at: tokens.expires_at(),
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        machine: None,
        ca_file: trust.ca_file.clone(),
        allow_insecure: trust.insecure,
    };
    let _lock = profiles.lock()?;
    profiles.save(&profile)?;
    let who = profile.username.as_deref().unwrap_or("somebody");
    note(&format!("Signed in to {} as {who}.", profile.admin_url));
    Ok(())
}

/// What the person is called, where the server tells.
fn username(http: &Http, endpoints: &Endpoints, token: &str) -> Option<String> {
    let url = endpoints.userinfo_endpoint.as_deref()?;
    let request = Request::new("GET", url).header("authorization", &format!("Bearer {token}"));
    let claims = http.send(&request).ok()?.accepted().ok()?.json().ok()?;
    let mut names = ["preferred_username", "name", "sub"].iter();
    names.find_map(|name| claims[*name].as_str().map(str::to_owned))
}

fn authorize_url(
    endpoints: &Endpoints,
    redirect_uri: &str,
    scope: &str,
    pkce: &Pkce,
    state: &str,
) -> Result<String, Fault> {
    let mut url = url::Url::parse(&endpoints.authorization_endpoint)
        .map_err(|error| Fault::because("the authorization endpoint", &error))?;
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", redirect_uri),
        ("scope", scope),
        ("state", state),
        ("code_challenge", &pkce.challenge),
        ("code_challenge_method", "S256"),
    ]);
    Ok(url.into())
}

/// The code, if the answer is one of our server's (RFC 9207 §2.4).
fn code<'a>(answer: &'a Parameters, issuer: &str) -> Result<&'a str, Fault> {
    let get = |name: &str| {
        let found = answer.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    };
    if get("iss").is_some_and(|iss| iss.trim_end_matches('/') != issuer) {
        return Err(Fault::Failed(
            "the answer came from another server; nobody was signed in".to_owned(),
        ));
    }
    if let Some(error) = get("error") {
        let why = get("error_description").unwrap_or(error);
        return Err(Fault::SignedOut(format!("nobody was signed in: {why}")));
    }
    get("code").ok_or_else(|| Fault::Failed("the answer holds no code".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(pairs: &[(&str, &str)]) -> Parameters {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn an_answer_of_another_server_is_none() {
        let issuer = "https://id.example";
        let good = answer(&[("code", "c"), ("iss", "https://id.example")]);
        assert_eq!(code(&good, issuer).unwrap(), "c");
        let mixed_up = answer(&[("code", "c"), ("iss", "https://evil.example")]);
        assert_eq!(code(&mixed_up, issuer).unwrap_err().status(), 1);
        let refused = answer(&[("error", "access_denied")]);
        assert_eq!(code(&refused, issuer).unwrap_err().status(), 3);
        assert!(code(&answer(&[]), issuer).is_err());
    }
}
