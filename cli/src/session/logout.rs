//! Signing out: the tokens are given back (RFC 7009), and the profile is removed.

use super::discovery::discover;
use super::machine::basic;
use super::profile::{Profile, Profiles};
use crate::fault::Fault;
use crate::http::{Http, Request};
use crate::output::note;

/// Signs out. Whatever the server says, the profile goes; a token that could not be revoked is
/// told of.
pub(crate) fn sign_out(http: &Http, profiles: &Profiles, profile: &Profile) -> Result<(), Fault> {
    let lock = profiles.lock()?;
    // Somebody may have refreshed meanwhile.
    let newest = profiles.find().ok().flatten();
    let revoked = revoke(http, newest.as_ref().unwrap_or(profile));
    profiles.delete()?;
    drop(lock);
    match revoked {
        Ok(()) => {
            note(&format!("Signed out of {}.", profile.admin_url));
            Ok(())
        }
        Err(fault) => Err(Fault::Failed(format!(
            "the profile is gone from this machine, but its tokens were not revoked: {fault}"
        ))),
    }
}

fn revoke(http: &Http, profile: &Profile) -> Result<(), Fault> {
    let endpoints = discover(http)?;
    let Some(endpoint) = endpoints.revocation_endpoint else {
        return Err(Fault::Failed(
            "the server has no revocation endpoint".to_owned(),
        ));
    };
    // The refresh token stands for its whole family, access tokens included.
    let token = profile
        .refresh_token
        .as_ref()
        .unwrap_or(&profile.access_token);
    let secret = profile
        .machine
        .as_ref()
        .and_then(super::SecretSource::try_secret);
    let mut request = match secret {
        Some(secret) => Request::new("POST", &endpoint)
            .form(&[("token", token)])
            .header("authorization", &basic(&profile.client_id, &secret)),
        None => Request::new("POST", &endpoint)
            .form(&[("token", token), ("client_id", &profile.client_id)]),
    };
    request.repeatable = true;
    http.send(&request)?.accepted().map(|_| ())
}
