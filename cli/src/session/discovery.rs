//! Where a server's endpoints are (OpenID Connect Discovery 1.0 §4).

use serde::Deserialize;

use crate::fault::Fault;
use crate::http::{Http, Request, url_text};

/// What `lodge` uses of a discovery document.
#[derive(Debug, Deserialize)]
pub(crate) struct Endpoints {
    issuer: String,
    /// Where people sign in.
    pub(crate) authorization_endpoint: String,
    /// Where tokens come from.
    pub(crate) token_endpoint: String,
    /// Who a token is about.
    pub(crate) userinfo_endpoint: Option<String>,
    /// Where they are given back.
    pub(crate) revocation_endpoint: Option<String>,
}

/// Asks a server, and believes it only about itself (§4.3).
pub(crate) fn discover(http: &Http) -> Result<Endpoints, Fault> {
    let url = url_text(http.base());
    let wrong = |why: &str| {
        Fault::Failed(format!(
            "{url} does not look like the admin port of a Gatelodge server: {why}"
        ))
    };
    let reply = http.send(&Request::new("GET", "/.well-known/openid-configuration"))?;
    if !reply.is_success() {
        return Err(wrong(&format!("it answers {} to discovery", reply.status)));
    }
    let found: Endpoints =
        serde_json::from_slice(&reply.body).map_err(|error| wrong(&error.to_string()))?;
    if found.issuer.trim_end_matches('/') != url {
        let issuer = &found.issuer;
        return Err(wrong(&format!(
            "it calls itself {issuer}; use that as --admin-url"
        )));
    }
    Ok(found)
}

/// Whether people who sign in there can administer: the auth port is an issuer too.
pub(super) fn expect_admin_api(http: &Http) -> Result<(), Fault> {
    let asked = http.send(&Request::new("GET", "/admin/v1/realms"))?;
    if asked.status == 404 {
        return Err(Fault::Failed(format!(
            "{} has no admin API; is it the auth port? The admin port has an address of its own",
            url_text(http.base())
        )));
    }
    Ok(())
}
