//! Granted scope = requested ∩ client ∩ user, computed here and nowhere else.

use gatelodge_domain::scope::OFFLINE_ACCESS;
use gatelodge_domain::{Client, ScopeSet};

/// What a request leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedScopes {
    /// What may be granted.
    pub granted: ScopeSet,
    /// Whether some of what was asked for fell away (the answer then names `scope`, RFC 6749
    /// §3.3, §5.1).
    pub narrowed: bool,
}

/// Computes the scope. `requested` is `None` where the parameter was absent: the client's
/// default scopes then count. `allowed_by_subject` is what the person agreed to or may have;
/// `None` where nobody else decides (a client acting for itself).
///
/// An unknown scope is ignored rather than refused, as OpenID Connect Core §3.1.2.1 asks; a
/// scope that a refresh request widens is another matter and is refused there.
pub fn grant_scopes(
    client: &Client,
    requested: Option<&ScopeSet>,
    allowed_by_subject: Option<&ScopeSet>,
) -> GrantedScopes {
    let asked = requested.unwrap_or(&client.default_scopes);
    let mut granted = asked.intersection(&client.scopes);
    if !client.may_use("refresh_token") {
        granted.remove(OFFLINE_ACCESS);
    }
    if let Some(allowed) = allowed_by_subject {
        granted = granted.intersection(allowed);
    }
    let narrowed = requested.is_some_and(|requested| *requested != granted);
    GrantedScopes { granted, narrowed }
}
