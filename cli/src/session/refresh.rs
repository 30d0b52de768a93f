//! Keeping the access token fresh (RFC 6749 §6).
//!
//! A refresh token works once: whoever uses it again looks like a thief, and everything ends.
//! So only one `lodge` of a profile refreshes at a time, under a lock, and the others find the
//! new tokens when they get it.

use super::discovery::discover;
use super::machine;
use super::profile::{Profile, Profiles};
use super::tokens::Tokens;
use crate::environment::now;
use crate::fault::Fault;
use crate::http::{Http, Request};

/// A token that ends sooner is not worth a request.
const MARGIN: u64 = 20;

/// Whether an access token is still good for a request.
pub(super) fn is_fresh(profile: &Profile) -> bool {
    profile.expires_at > now().saturating_add(MARGIN)
}

/// The profile with an access token that is not `stale`, which is the one that did not do.
pub(super) fn fresh(
    http: &Http,
    profiles: &Profiles,
    stale: Option<&str>,
) -> Result<Profile, Fault> {
    let _lock = profiles.lock()?;
    let mut profile = profiles.get()?;
    let refused = stale.is_some_and(|stale| stale == profile.access_token);
    if is_fresh(&profile) && !refused {
        return Ok(profile);
    }
    match profile.refresh_token.clone() {
        Some(token) => refresh(http, &mut profile, &token)?,
        None => machine::renew(http, &mut profile)?,
    }
    profiles.save(&profile)?;
    Ok(profile)
}

fn refresh(http: &Http, profile: &mut Profile, token: &str) -> Result<(), Fault> {
    let endpoints = discover(http)?;
    let request = Request::new("POST", &endpoints.token_endpoint).form(&[
        ("grant_type", "refresh_token"),
        ("client_id", &profile.client_id),
        ("refresh_token", token),
    ]);
    let reply = http.send(&request)?;
    if reply.oauth_error().as_deref() == Some("invalid_grant") {
        return Err(Fault::SignedOut(
            "the sign-in is over; use `lodge login`".to_owned(),
        ));
    }
    let tokens = Tokens::read(&reply.accepted()?)?;
    profile.expires_at = tokens.expires_at();
    profile.access_token = tokens.access_token;
    if tokens.refresh_token.is_some() {
        profile.refresh_token = tokens.refresh_token;
    }
    if !tokens.scope.is_empty() {
        profile.scope = tokens.scope;
    }
    Ok(())
}
