//! Who is signed in, and until when.

use serde_json::{Value, json};

use super::access::Admin;
use super::profile::{Profile, Profiles};
use crate::environment::now;
use crate::fault::Fault;

/// What `lodge status` shows: never a token.
pub(crate) fn status(profiles: &Profiles, admin: &Admin) -> Result<Value, Fault> {
    // Renews the token where that is due: whoever cannot is not signed in any more.
    let _ = admin.token()?;
    Ok(match admin.profile() {
        Some(profile) => shown(profiles, &profile),
        None => json!({ "admin_url": admin.url(), "renewed_by": "nobody: it is LODGE_TOKEN" }),
    })
}

fn shown(profiles: &Profiles, profile: &Profile) -> Value {
    let left = profile.expires_at.saturating_sub(now());
    json!({
        "profile": profiles.name(),
        "admin_url": profile.admin_url,
        "username": profile.username,
        "client_id": profile.client_id,
        "scope": profile.scope,
        "token_seconds_left": left,
        "renewed_by": match (&profile.refresh_token, &profile.machine) {
            (Some(_), _) => "a refresh token",
            (None, Some(_)) => "the client's secret",
            (None, None) => "nothing: sign in again",
        },
        "file": profiles.file(),
    })
}
